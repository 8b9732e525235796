import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type RequestCall, selectRequestCalls } from "../../src/features/strace/request-events.ts";
import { eventsWhile } from "../features/strace/events-while.ts";
import { isMissing } from "../support/needs.ts";
import { describeWith } from "../support/peers.ts";
import { type Nginx, startNginx } from "./nginx.ts";

/** A request of one of many on a connection that is kept: when it was under way, and from which port. */
interface Sent {
  readonly path: string;
  readonly window: { readonly startMs: number; readonly endMs: number };
  readonly peer: string;
}

async function open({ port }: Nginx): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

async function ask(socket: Socket, path: string): Promise<Sent> {
  const before = Date.now();
  // In a millisecond of its own: another request may have ended in this one.
  while (Date.now() === before) await turn();
  const startMs = Date.now();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: core\r\n\r\n`);
  for (let answer = ""; !answer.endsWith(`the file ${path}\n`); )
    answer += String((await once(socket, "data"))[0]);
  return { path, window: { startMs, endMs: Date.now() }, peer: `127.0.0.1:${socket.localPort}` };
}

const namesOf = (calls: readonly RequestCall[]) => calls.map(({ call }) => call);
const textOf = (calls: readonly RequestCall[]) => calls.flatMap(({ raw }) => raw ?? []).join("\n");

describeWith(["nginx", "strace"], "a request to nginx", () => {
  test.skipIf(isMissing("ptrace"))(
    "has its own calls, of all that one worker makes for many clients",
    async () => {
      const paths = ["/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7"];
      const files = Object.fromEntries(paths.map((path) => [path.slice(1), `the file ${path}\n`]));
      await using core = await startNginx({ files });
      const sent: Sent[] = [];
      const { events, warnings } = await eventsWhile(core.pid, async () => {
        using stack = new DisposableStack();
        const first = stack.adopt(await open(core), (socket) => socket.destroy());
        const second = stack.adopt(await open(core), (socket) => socket.destroy());
        for (const [index, path] of paths.entries())
          sent.push(await ask(index % 2 === 0 ? first : second, path));
        const together = [ask(first, "/0"), ask(second, "/1")];
        sent.push(...(await Promise.all(together)));
      });
      expect(warnings).toEqual([]);
      for (const { path, window, peer } of sent) {
        const calls = selectRequestCalls(events, { local: `127.0.0.1:${core.port}`, peer }, window);
        const onIt = calls.filter(({ touches }) => touches === "connection");
        const beside = calls.filter(({ touches }) => touches === "same-thread");
        expect(textOf(onIt), path).toContain(`"GET ${path} HTTP/1.1`);
        expect(
          namesOf(onIt).some((name) => /^(?:writev|sendfile)$/.test(name)),
          path,
        ).toBe(true);
        expect(textOf(beside), path).toMatch(new RegExp(`openat\\(.*/html${path}", O_RDONLY`));
        expect(textOf(onIt).match(/"GET /g), path).toHaveLength(1);
      }
      const [alone] = sent.slice(4);
      const calls = selectRequestCalls(
        events,
        { local: null, peer: alone?.peer ?? "" },
        alone?.window ?? { startMs: 0, endMs: 0 },
      );
      expect(textOf(calls).match(/"GET \S+/g)).toEqual(['"GET /4']);
      expect(textOf(calls).match(/openat\(.*?", /g)).toEqual([expect.stringContaining("/html/4")]);
    },
  );
});
