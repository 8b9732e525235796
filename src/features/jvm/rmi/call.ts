import { createByteOutput } from "../serialization/byte-output.ts";
import type { JavaValue } from "../serialization/java-values.ts";
import { createObjectWriter } from "../serialization/object-writer.ts";
import type { RemoteMethod } from "./method.ts";

/** Calls and replies of the Java Remote Method Protocol (Java RMI Specification, section 10.2). */

export const MESSAGE = { call: 0x50, returnData: 0x51, ping: 0x52, pingAck: 0x53 } as const;

/** Writes a call; an argument whose parameter is `int` or `long` is a number or a bigint. */
export function writeCall(objectId: Buffer, method: RemoteMethod, args: readonly JavaValue[]): Buffer {
  const writer = createObjectWriter({ annotation: "rmi" });
  const head = createByteOutput();
  head.bytes(objectId);
  head.i32(method.operation);
  head.i64(method.hash);
  writer.writeBlock(head.take());
  for (const [index, type] of method.parameters.entries()) {
    const value = args[index] ?? null;
    if (type === "I" || type === "J") writer.writeBlock(primitive(type, value));
    else writer.writeValue(value);
  }
  return Buffer.concat([Buffer.of(MESSAGE.call), writer.take()]);
}

function primitive(type: "I" | "J", value: JavaValue): Buffer {
  const output = createByteOutput();
  if (type === "I") output.i32(Number(value));
  else output.i64(typeof value === "bigint" ? value : BigInt(Number(value)));
  return output.take();
}
