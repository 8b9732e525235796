import { escapeHtml, table } from "./html.mjs";

/** What stands on each page. Every function gives the heading and the body. */

export function home({ config }) {
  return {
    heading: "Home",
    body: `<P>${escapeHtml(config.greeting)}.</P>
<P>Parcels are taken from 8 to 5. Please have your waybill ready.</P>`,
  };
}

export function about({ config, startedAt }) {
  return {
    heading: "About",
    body: `<P>Running since ${startedAt.toISOString()}, process ${process.pid}.
Configuration read at ${config.readAt.toISOString()}:</P>
${table(config.shown)}`,
  };
}

export function guestbook({ origin, entries }) {
  const list = entries.map(({ name, text, at }) => [`${name}, ${at.toISOString()}`, text]);
  return {
    heading: "Guestbook",
    body: `<FORM METHOD="post" ACTION="${escapeHtml(origin)}/guestbook">
<P>Name: <INPUT TYPE="text" NAME="name" SIZE="30" MAXLENGTH="60"></P>
<P><TEXTAREA NAME="text" ROWS="4" COLS="60"></TEXTAREA></P>
<P><INPUT TYPE="submit" VALUE="Sign"></P>
</FORM>
${list.length === 0 ? "<P>Nobody has signed yet.</P>" : table(list)}`,
  };
}

export function upload({ origin }) {
  return {
    heading: "Upload",
    body: `<FORM METHOD="post" ACTION="${escapeHtml(origin)}/upload" ENCTYPE="multipart/form-data">
<P><INPUT TYPE="file" NAME="waybill"> <INPUT TYPE="submit" VALUE="Send"></P>
</FORM>
<P>The bytes are counted and thrown away.</P>`,
  };
}

export function clock() {
  return {
    heading: "Clock",
    body: `<P>The desk's clock, by server-sent events: <TT ID="events">&hellip;</TT></P>
<P>Yours, there and back by WebSocket: <TT ID="echo">&hellip;</TT></P>
<SCRIPT TYPE="text/javascript">
var show = function (id, text) { document.getElementById(id).firstChild.nodeValue = text; };
new EventSource("/events").onmessage = function (event) { show("events", event.data); };
var socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws");
socket.onmessage = function (event) {
  show("echo", event.data + " (" + (Date.now() - Date.parse(event.data)) + " ms)");
};
socket.onopen = function () {
  setInterval(function () { socket.send(new Date().toISOString()); }, 1000);
};
socket.onclose = function () { show("echo", "closed"); };
</SCRIPT>`,
  };
}
