import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changeResult } from "../../src/features/config/config-schema.ts";
import { serveConfig } from "../features/config/support/serve-config.ts";
import { describeWith } from "../support/peers.ts";
import { poll } from "../support/poll.ts";
import { processOf, rolledBack, WAIT } from "./config-change.ts";
import { LOGIN, startTomcat, type Tomcat } from "./tomcat.ts";

const WEB_XML = `<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
  <!-- What the page says. -->
  <context-param><param-name>greeting</param-name><param-value>welcome</param-value></context-param>
</web-app>
`;

describeWith(["tomcat"], "Tomcat's configuration, changed through the sidecar", () => {
  let core: Tomcat;

  const conf = (name: string) => join(core.base, "conf", name);
  const webXml = () => join(core.base, "webapps", "desk", "WEB-INF", "web.xml");
  const visit = async (path: string) => await fetch(`http://127.0.0.1:${core.port}${path}`);

  beforeAll(async () => {
    core = await startTomcat("", 'autoDeploy="true"');
    await mkdir(join(core.base, "webapps", "desk", "WEB-INF"), { recursive: true });
    await writeFile(
      join(core.base, "webapps", "desk", "index.jsp"),
      '<%= application.getInitParameter("greeting") %>',
    );
    await writeFile(webXml(), WEB_XML);
  });
  afterAll(async () => await core?.[Symbol.asyncDispose]());

  async function serve(files: readonly (string | object)[], verify: object | readonly object[]) {
    const main = await processOf(core.pid);
    return await serveConfig(
      { files, verify },
      { url: `http://127.0.0.1:${core.port}`, process: () => main },
    );
  }

  test("server.xml keeps its comments; nothing makes Tomcat read it, which is said, until it starts again", async () => {
    await using app = await serve([conf("server.xml")], { kind: "process", stableMs: 500 });
    const old = await readFile(conf("server.xml"), "utf8");
    const patch = { Server: { Service: { Connector: { "@server": "Rhino" } } } };
    const answer = await app.patch("server.xml", patch, WAIT);
    expect([answer.status, await answer.clone().text()]).toMatchObject([200, expect.anything()]);
    expect(changeResult.parse(await answer.json())).toMatchObject({
      reload: { kind: "none", done: false, detail: expect.stringContaining("when it starts again") },
      verified: true,
    });
    const text = await readFile(conf("server.xml"), "utf8");
    expect(text).toContain("<!-- The one way in. -->");
    expect(text.replace(' server="Rhino"', "")).toBe(old);
    expect((await visit("/")).headers.get("server")).toBeNull();
    await core.stop();
    await core.start();
    expect((await visit("/")).headers.get("server")).toBe("Rhino");
  });

  test("a signal, which would end the JVM, is not sent, and the change is put back", async () => {
    const file = { path: conf("catalina.properties"), reload: { kind: "signal", signal: "SIGUSR1" } };
    await using app = await serve([file], { kind: "process", stableMs: 500 });
    const old = await readFile(conf("catalina.properties"), "utf8");
    const { state } = await rolledBack(await app.patch("catalina.properties", { "desk.a": "1" }, WAIT));
    expect(state).toBe("rolled-back");
    expect(await readFile(conf("catalina.properties"), "utf8")).toBe(old);
    expect((await visit("/")).status).toBe(404);
  });

  test("catalina.properties gets another value where it stands, between its comments", async () => {
    await using app = await serve([conf("catalina.properties")], { kind: "process", stableMs: 500 });
    const key = "tomcat.util.buf.StringCache.byte.enabled";
    const old = await readFile(conf("catalina.properties"), "utf8");
    const answer = await app.patch("catalina.properties", { [key]: "false" }, WAIT);
    expect(answer.status).toBe(200);
    expect(await readFile(conf("catalina.properties"), "utf8")).toBe(
      old.replace(`${key}=true`, `${key}=false`),
    );
  });

  test("the passwords of tomcat-users.xml are masked, and survive a change of what stands beside them", async () => {
    await using app = await serve([conf("tomcat-users.xml")], { kind: "process", stableMs: 500 });
    const shown = await (await app.get("/config/tomcat-users.xml")).text();
    expect(shown).toContain('password="******"');
    const answer = await app.put("tomcat-users.xml", shown.replace('roles="tomcat"', 'roles="none"'), WAIT);
    expect(answer.status).toBe(200);
    const text = await readFile(conf("tomcat-users.xml"), "utf8");
    expect(text).toContain(`password="${LOGIN.password.replace("&", "&amp;")}" roles="none"`);
  });

  test("web.xml is read again by Tomcat itself: a good change is verified, and one that no app comes from is put back", async () => {
    const says = (greeting: string) => ({
      kind: "http",
      path: "/desk/",
      contains: greeting,
      timeoutMs: 15_000,
    });
    const greet = (greeting: string) => WEB_XML.replace("welcome", greeting);
    await poll("the app is there", async () => (await (await visit("/desk/")).text()).includes("welcome"), {
      timeoutMs: 30_000,
    });
    await using good = await serve([webXml()], says("hello"));
    const answer = await good.put("web.xml", greet("hello"), WAIT);
    expect([answer.status, await answer.text()]).toMatchObject([200, expect.anything()]);

    await using bad = await serve([webXml()], { ...says("hello"), timeoutMs: 4_000, stableMs: 3_000 });
    const mapping =
      "<servlet-mapping><servlet-name>nobody</servlet-name><url-pattern>/x</url-pattern></servlet-mapping>";
    const broken = greet("hello").replace("</web-app>", `${mapping}\n</web-app>`);
    const { phases, state } = await rolledBack(await bad.put("web.xml", broken, WAIT));
    expect(state).toBe("rolled-back");
    expect(phases[1]?.checks).toMatchObject([{ kind: "http", passed: false, status: 404 }]);
    expect(await readFile(webXml(), "utf8")).toBe(greet("hello"));
    await poll("the app is back", async () => (await (await visit("/desk/")).text()).includes("hello"), {
      timeoutMs: 30_000,
    });
  });
});
