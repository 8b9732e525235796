import { expect, test } from "vitest";
import { readLog, readOutput } from "./h2load.ts";

const OUTPUT = `starting benchmark...
spawning thread #0: 64 total client(s). 10000 total requests
TLS Protocol: TLSv1.3
Cipher: TLS_AES_128_GCM_SHA256
Server Temp Key: X25519 253 bits
Application protocol: http/1.1
progress: 10% done
progress: 100% done

finished in 523.30ms, 19109.50 req/s, 23.41MB/s
requests: 10000 total, 10000 started, 10000 done, 10000 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 10000 2xx, 0 3xx, 0 4xx, 0 5xx
`;

test("the time and the TLS are read from what h2load says", () => {
  expect(readOutput(OUTPUT, 10_000)).toEqual({
    seconds: expect.closeTo(0.5233),
    tls: "TLSv1.3 TLS_AES_128_GCM_SHA256 X25519",
  });
});

test("seconds and microseconds are told from milliseconds", () => {
  expect(readOutput(OUTPUT.replace("523.30ms", "2.50s"), 10_000).seconds).toBeCloseTo(2.5);
  expect(readOutput(OUTPUT.replace("523.30ms", "900us"), 10_000).seconds).toBeCloseTo(0.0009);
});

test("a load of which one request was answered with an error does not count", () => {
  const refused = OUTPUT.replace("10000 2xx, 0 3xx, 0 4xx, 0 5xx", "9999 2xx, 0 3xx, 0 4xx, 1 5xx");
  expect(() => readOutput(refused, 10_000)).toThrow("9999 of 10000");
  expect(() => readOutput("", 10_000)).toThrow("0 of 10000");
});

test("the log has the duration of each request in its third column", () => {
  expect(readLog("1795356631313965\t200\t1520\n1795356631313990\t200\t98\n")).toEqual([1_520, 98]);
});
