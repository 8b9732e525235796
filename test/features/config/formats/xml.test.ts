import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readContent } from "../../../../src/features/config/content.ts";
import { maskText } from "../../../../src/features/config/secrets/masks.ts";
import { secretKeys } from "../../../../src/features/config/secrets/secret-keys.ts";
import { unmaskContent } from "../../../../src/features/config/secrets/unmask.ts";
import { complaint, parsed, patchContent, patched, refusal, treeOfJson } from "../support/patch-file.ts";

const TEXT = `<?xml version="1.0" encoding="UTF-8"?>
<!-- the server -->
<Server port="8005" shutdown='SHUTDOWN'>
  <Listener className="one" /> <!-- first -->
  <Listener className="two"/>
  <Service name="Catalina">
    <!-- the port -->
    <Connector port="8080"
               protocol="HTTP/1.1" />
    <note> a &lt; b </note>
    <script><![CDATA[if (a < b) x();]]></script>
    <empty/>
  </Service>
</Server>
`;

test("attributes, texts and elements are one tree; repeated elements are an array", () => {
  expect(parsed("xml", TEXT)).toEqual({
    Server: {
      "@port": "8005",
      "@shutdown": "SHUTDOWN",
      Listener: [{ "@className": "one" }, { "@className": "two" }],
      Service: {
        "@name": "Catalina",
        Connector: { "@port": "8080", "@protocol": "HTTP/1.1" },
        note: "a < b",
        script: "if (a < b) x();",
        empty: "",
      },
    },
  });
});

test("changed values stay in their quotes, CDATA and white space, and everything else stays", () => {
  const Service = { Connector: { "@port": "9090" }, note: "x & y", script: "a && b" };
  for (const eol of ["\n", "\r\n"]) {
    const text = TEXT.replaceAll("\n", eol);
    expect(patched("xml", text, { Server: { "@shutdown": "it's <off>", Service } })).toBe(
      text
        .replace("'SHUTDOWN'", "'it&apos;s &lt;off>'")
        .replace("8080", "9090")
        .replace("a &lt; b", "x &amp; y")
        .replace("if (a < b) x();", "a && b"),
    );
  }
});

test("attributes and elements are added like the ones that stand there, and removed with their lines", () => {
  expect(
    patched("xml", TEXT, { Server: { Service: { Connector: { "@scheme": "https" }, note: null } } }),
  ).toBe(
    TEXT.replace('"HTTP/1.1"', '"HTTP/1.1"\n               scheme="https"').replace(
      "    <note> a &lt; b </note>\n",
      "",
    ),
  );
  const Listener = [
    { "@className": "one" },
    { "@className": "new", child: ["a", "b"] },
    { "@className": "two" },
  ];
  expect(patched("xml", TEXT, { Server: { Listener, "@port": null } })).toBe(
    TEXT.replace(' port="8005"', "").replace(
      "<!-- first -->\n",
      '<!-- first -->\n  <Listener className="new">\n    <child>a</child>\n    <child>b</child>\n  </Listener>\n',
    ),
  );
  expect(patched("xml", TEXT, { Server: { Service: { empty: { x: { "@y": "" } }, last: {} } } })).toBe(
    TEXT.replace("<empty/>", '<empty>\n      <x y=""/>\n    </empty>\n    <last/>'),
  );
  expect(patched("xml", "<a><b/><c>1</c></a>", { a: { c: { "#text": "2", "@d": "3" }, e: "f" } })).toBe(
    '<a><b/><c d="3">2</c><e>f</e></a>',
  );
});

test("an element becomes several, and several become one", () => {
  const several = patched("xml", "<a>\n  <b>1</b>\n</a>\n", { a: { b: ["1", "2"] } });
  expect(several).toBe("<a>\n  <b>1</b>\n  <b>2</b>\n</a>\n");
  expect(patched("xml", several, { a: { b: ["2"] } })).toBe("<a>\n  <b>2</b>\n</a>\n");
  expect(patched("xml", several, { a: { b: [] } })).toBe("<a>\n</a>\n");
});

test("blanks around a value, which are layout else, are written as references", () => {
  const text = patched("xml", "<a>x</a>", { a: " y\n" });
  expect(text).toBe("<a>&#32;y&#10;</a>");
  expect(parsed("xml", text)).toEqual({ a: " y\n" });
});

test("text between elements may change, and not come or go", () => {
  const text = "<p>one <b>two</b> three</p>";
  expect(parsed("xml", text)).toEqual({ p: { "#text": ["one", "three"], b: "two" } });
  expect(patched("xml", text, { p: { "#text": ["one", "3"] } })).toBe("<p>one <b>two</b> 3</p>");
  expect(refusal(() => patched("xml", text, { p: { "#text": ["one"] } }))).toBe("content-invalid /p/#text");
  expect(refusal(() => patched("xml", TEXT, { Server: { "#text": "x" } }))).toBe("content-invalid /Server");
});

test("what XML can't say is refused", () => {
  expect(refusal(() => patched("xml", TEXT, { Other: {} }))).toBe("content-invalid ");
  expect(refusal(() => patched("xml", TEXT, { Server: null }))).toBe("content-invalid ");
  expect(refusal(() => patched("xml", TEXT, { Server: { "@port": 80 } }))).toBe(
    "content-invalid /Server/@port",
  );
  expect(refusal(() => patched("xml", TEXT, { Server: { "no name": "" } }))).toBe(
    "content-invalid /Server/no name",
  );
  expect(refusal(() => patched("xml", TEXT, { Server: { "@x": "\u0001" } }))).toBe(
    "content-invalid /Server/@x",
  );
});

test("entities of a DTD are not expanded, nor files fetched: such a document has no tree", () => {
  const dtd = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "lol">]>\n';
  expect(complaint("xml", `${dtd}<a>&x;</a>`)).toBe(
    "2:4 The entity &x; is not expanded here, so the content has no tree.",
  );
  expect(complaint("xml", `${dtd}<a b="&y;"/>`)).toMatch(/^2:7 The entity &y; is not expanded/);
  expect(readContent(Buffer.from(`${dtd}<a>&x;</a>`), "xml").parseError?.isInvalid).toBe(false);
  expect(parsed("xml", `${dtd}<a>1</a>`)).toEqual({ a: "1" });
});

test("what is no XML is told with line and column, and never quoted", () => {
  expect(complaint("xml", "<a>\n  <b>hunter2</a>")).toMatch(
    /^2:\d+ Not valid XML: missing end tag for element b\.$/,
  );
  expect(complaint("xml", '<a b="1" b="2"/>')).toMatch(/^1:\d+ Not valid XML: duplicate attribute: b\.$/);
  expect(complaint("xml", "")).toMatch(/^1:1 Not valid XML: root element is missing/);
  expect(complaint("xml", "<a>".repeat(300) + "</a>".repeat(300))).toMatch(/nested deeper than 200 levels/);
  expect(complaint("xml", "<a>".repeat(100_000))).not.toBe("none");
});

test("a document in ISO-8859-1 stays in it, and what it has not is written as a reference", () => {
  const old = readContent(
    Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?>\n<a b="\xe9">\xfc</a>\n', "latin1"),
    "xml",
  );
  expect(patchContent(old, "xml", treeOfJson({ a: { "@b": "€" } })).toString("latin1")).toBe(
    '<?xml version="1.0" encoding="ISO-8859-1"?>\n<a b="&#8364;">\xfc</a>\n',
  );
});

const NO_OTHERS = secretKeys([]);
const SECRET = `<c password="one" user="x">
  <!-- <user password="two"/> -->
  <Connector keystorePass='three ' />
  <add key="DbPassword" value="four"/>
  <entry key="api.secret">
    five
  </entry>
  <param><param-name>smtp.password</param-name><param-value><![CDATA[six]]></param-value></param>
  <property name="password"><value>seven</value></property>
  <property name="url" value="postgres://u:eight@h/db"/>
  <password>nine</password>
</c>
`;

describe("secrets", () => {
  const old = readContent(Buffer.from(SECRET), "xml");
  const shown = maskText(old, NO_OTHERS)?.text ?? "";

  test("attributes, elements, pairs of name and value, comments and URLs are masked", () => {
    expect(shown).not.toMatch(/one|two|three|four|five|six|seven|eight|nine/);
    expect(shown).toContain('user="x"');
    expect(shown.match(/\*{6}/g)).toHaveLength(9);
  });

  test("sent back, alone or beside a change, they stay as they are", () => {
    const sent = readContent(Buffer.from(shown.replace('user="x"', "user='y'")), "xml");
    expect(unmaskContent(sent, old, { format: "xml", secretKeys: NO_OTHERS }).toString()).toBe(
      SECRET.replace('user="x"', "user='y'"),
    );
  });
});

const TOMCAT = new URL("../../../fixtures/config/", import.meta.url);

test("of Tomcat's tomcat-users.xml the passwords of its comments are masked, and come back", () => {
  const old = readContent(readFileSync(new URL("tomcat-users.xml", TOMCAT)), "xml");
  const shown = maskText(old, NO_OTHERS);
  expect(shown?.count).toBe(5);
  expect(shown?.text).not.toContain("must-be-changed");
  const sent = readContent(Buffer.from(shown?.text ?? ""), "xml");
  expect(unmaskContent(sent, old, { format: "xml", secretKeys: NO_OTHERS })).toEqual(old.bytes);
});

test("a port of Tomcat's server.xml changes, and not one byte more", () => {
  const text = readFileSync(new URL("server.xml", TOMCAT), "utf8");
  const Connector = { "@port": "9090" };
  expect(patched("xml", text, { Server: { Service: { Connector } } })).toBe(
    text.replace(
      '<Connector port="8080" protocol="HTTP/1.1"\n',
      '<Connector port="9090" protocol="HTTP/1.1"\n',
    ),
  );
});
