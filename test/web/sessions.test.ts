import { expect, test } from "vitest";
import { createSessions, sessionCookie } from "../../src/web/sessions.ts";

const HOUR_MS = 3_600_000;

test("a session stands for its token until it is ended, and only that one ends", () => {
  const sessions = createSessions();
  const mine = sessions.begin("my token");
  const yours = sessions.begin("your token");

  expect(sessions.tokenOf(mine)).toBe("my token");
  sessions.end(mine);

  expect(sessions.tokenOf(mine)).toBeUndefined();
  expect(sessions.tokenOf(yours)).toBe("your token");
});

test("an id that was never given stands for nothing, and ending it does nothing", () => {
  const sessions = createSessions();

  sessions.end("made up");

  expect(sessions.tokenOf("made up")).toBeUndefined();
});

test("a session ends twelve hours after it began, however much it is used", () => {
  let now = 0;
  const sessions = createSessions(() => now);
  const id = sessions.begin("token");

  now = 12 * HOUR_MS - 1;
  expect(sessions.tokenOf(id)).toBe("token");
  now += 1;
  expect(sessions.tokenOf(id)).toBeUndefined();
});

test("the thousand and first session pushes the oldest out", () => {
  const sessions = createSessions();
  const ids = Array.from({ length: 1_001 }, (_, index) => sessions.begin(`token ${index}`));

  expect(ids.filter((id) => sessions.tokenOf(id) !== undefined)).toEqual(ids.slice(1));
});

test("every id is new and has 256 random bits", () => {
  const sessions = createSessions();
  const ids = new Set(Array.from({ length: 100 }, () => sessions.begin("same token")));

  expect(ids.size).toBe(100);
  for (const id of ids) expect(Buffer.from(id, "base64url")).toHaveLength(32);
});

test("the cookie stays with the sidecar, away from scripts, other sites and plain HTTP", () => {
  expect(sessionCookie("/_sidecar", "abc")).toBe(
    "__Secure-tickbird=abc; Path=/_sidecar; Max-Age=43200; Secure; HttpOnly; SameSite=Strict",
  );
  expect(sessionCookie("/_sidecar")).toContain("__Secure-tickbird=; Path=/_sidecar; Max-Age=0;");
});
