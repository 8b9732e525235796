import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { chmod, chown, open } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createFileAs, sendAs } from "../../src/linux/as-user.ts";
import { O_PATH } from "../../src/linux/open-flags.ts";

const NOBODY = { uid: 65_534, gid: 65_534 };
const asRoot = test.skipIf(process.getuid?.() !== 0);

async function testFolder(): Promise<string> {
  const folder = mkdtempSync("/tmp/tickbird-as-user-");
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await chmod(folder, 0o777);
  return folder;
}

asRoot("a file that is made as another user belongs to that user, and goes when it is let go", async () => {
  const folder = await testFolder();
  await using held = await open(folder, O_PATH);
  const path = join(folder, "wish");
  {
    await using _ = await createFileAs(NOBODY, held, "wish");
    expect(statSync(path)).toMatchObject({ ...NOBODY, size: 0, mode: 0o100600 });
    await expect(createFileAs(NOBODY, held, "wish")).rejects.toMatchObject({ code: "EEXIST" });
  }
  expect(existsSync(path)).toBe(false);
});

asRoot(
  "what is sent as another user comes to a socket for that user alone, and is answered; one that is dead says so",
  async () => {
    const path = join(await testFolder(), "socket");
    const server = createServer((socket) =>
      socket.once("data", (request) =>
        socket.end(Buffer.concat([Buffer.from(request), Buffer.alloc(300_000, "x")])),
      ),
    );
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await chown(path, NOBODY.uid, NOBODY.gid);
    await chmod(path, 0o600);
    await using held = await open(path, O_PATH);
    const signal = new AbortController().signal;
    const request = Buffer.from("1\0jcmd\0");
    const answer = await sendAs(NOBODY, held, request, { maxBytes: 1_000_000, signal });
    expect(answer).toHaveLength(300_007);
    expect(answer.toString("latin1", 0, 7)).toBe("1\0jcmd\0");
    expect(await sendAs(NOBODY, held, request, { maxBytes: 8, signal })).toHaveLength(8);
    await expect(
      sendAs({ uid: 12_345, gid: 12_345 }, held, request, { maxBytes: 8, signal }),
    ).rejects.toMatchObject({ name: "AsUserError", code: "EACCES" });
    await new Promise((resolve) => server.close(resolve));
    await expect(sendAs(NOBODY, held, request, { maxBytes: 8, signal })).rejects.toMatchObject({
      code: "ECONNREFUSED",
    });
  },
);

asRoot("what nobody answers is given up when its signal fires", async () => {
  const path = join(await testFolder(), "socket");
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  await chmod(path, 0o666);
  await using held = await open(path, O_PATH);
  const late = new AbortController();
  server.once("connection", (socket) => {
    onTestFinished(() => void socket.destroy());
    late.abort(new Error("too late"));
  });
  const sent = sendAs(NOBODY, held, Buffer.from("x"), { maxBytes: 8, signal: late.signal });
  await expect(sent).rejects.toThrow("too late");
});
