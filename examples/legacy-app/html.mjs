/** The markup of the parcel desk: HTML 4.01 Transitional, as it was written when the desk opened. */

/** Makes text safe for HTML, attributes too. */
export function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A whole page. `origin` is what its absolute links begin with. */
export function page({ config, origin, heading, body }) {
  const title = escapeHtml(config.title);
  const links = [
    ["/", "Home"],
    ...(config.guestbook ? [["/guestbook", "Guestbook"]] : []),
    ...(config.clock ? [["/clock", "Clock"]] : []),
    ...(config.downloads ? [["/download?mb=100", "Download (100 MB)"]] : []),
    ["/upload", "Upload"],
    ["/headers", "Headers"],
    ["/about", "About"],
  ].map(([path, name]) => `<A HREF="${escapeHtml(origin + path)}">${name}</A>`);
  return `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">
<HTML>
<HEAD>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=utf-8">
<TITLE>${title}: ${heading}</TITLE>
</HEAD>
<BODY BGCOLOR="${config.background}" TEXT="#000000" LINK="#0000ee" VLINK="#551a8b">
<TABLE WIDTH="760" ALIGN="center" CELLPADDING="8" CELLSPACING="0" BORDER="1">
<TR><TD BGCOLOR="#003366"><FONT COLOR="#ffffff" SIZE="+2" FACE="Verdana, sans-serif"><B>${title}</B></FONT></TD></TR>
<TR><TD BGCOLOR="#dddddd"><FONT SIZE="-1" FACE="Verdana, sans-serif">${links.join(" | ")}</FONT></TD></TR>
<TR><TD BGCOLOR="#ffffff"><FONT FACE="Verdana, sans-serif">
<H2>${heading}</H2>
${body}
</FONT></TD></TR>
<TR><TD ALIGN="center"><FONT SIZE="-2" FACE="Verdana, sans-serif">Best viewed in 800 &times; 600.</FONT></TD></TR>
</TABLE>
</BODY>
</HTML>
`;
}

/** Rows of a name and a value. */
export function table(rows) {
  const cells = rows.map(
    ([name, value]) =>
      `<TR><TD><TT>${escapeHtml(name)}</TT></TD><TD><TT>${escapeHtml(String(value))}</TT></TD></TR>`,
  );
  return `<TABLE BORDER="1" CELLPADDING="4" CELLSPACING="0">\n${cells.join("\n")}\n</TABLE>`;
}
