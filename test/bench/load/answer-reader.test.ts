import { expect, test, vi } from "vitest";
import { createAnswerReader } from "./answer-reader.ts";

const ANSWER = "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello";

test.each([1, 2, 7, 46, 1_000])("answers are counted when they come in pieces of %d bytes", (bytes) => {
  const onAnswer = vi.fn();
  const read = createAnswerReader(onAnswer);
  const stream = Buffer.from(ANSWER.repeat(3));
  for (let at = 0; at < stream.length; at += bytes) read(stream.subarray(at, at + bytes));
  expect(onAnswer).toHaveBeenCalledTimes(3);
});

test("an answer counts at its last byte, not before", () => {
  const onAnswer = vi.fn();
  const read = createAnswerReader(onAnswer);
  read(Buffer.from(ANSWER.slice(0, -1)));
  expect(onAnswer).not.toHaveBeenCalled();
  read(Buffer.from("o"));
  expect(onAnswer).toHaveBeenCalledOnce();
});

test("an answer without a body counts at the end of its head", () => {
  const onAnswer = vi.fn();
  createAnswerReader(onAnswer)(Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
  expect(onAnswer).toHaveBeenCalledOnce();
});

test("what the core has not sent is an error, with its head", () => {
  const read = createAnswerReader(vi.fn());
  expect(() => read(Buffer.from("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"))).toThrow("502");
  const chunked = createAnswerReader(vi.fn());
  expect(() => chunked(Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))).toThrow(
    "200 OK",
  );
});
