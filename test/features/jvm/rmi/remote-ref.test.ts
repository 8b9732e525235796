import { describe, expect, test } from "vitest";
import { remoteRefOf } from "../../../../src/features/jvm/rmi/remote-ref.ts";
import {
  javaClass,
  javaObject,
  part,
  WRITES_ITSELF,
} from "../../../../src/features/jvm/serialization/build-values.ts";
import type { JavaObject, JavaValue } from "../../../../src/features/jvm/serialization/java-values.ts";
import { JavaStreamError } from "../../../../src/features/jvm/serialization/stream-error.ts";

const REMOTE_OBJECT = javaClass("java.rmi.server.RemoteObject", 0n, [], WRITES_ITSELF);
const STUB = javaClass("RMIServerImpl_Stub", 2n, [], { superClass: REMOTE_OBJECT });
const PROXY = javaClass("java.lang.reflect.Proxy", 0n, ["Ljava/lang/reflect/InvocationHandler; h"]);
const OBJECT_ID = Buffer.from("00112233445566778899aabbccddeeff001122334455", "hex");
const TLS_FACTORY = javaObject(javaClass("javax.rmi.ssl.SslRMIClientSocketFactory", 0n));

describe("a stub", () => {
  test("of a class of its own says where the object is, and whose host it names does not matter", () => {
    const stub = stubOf(
      block(utf("UnicastRef"), utf("unreachable.example"), int(1_099), OBJECT_ID, Buffer.of(0)),
    );
    expect(remoteRefOf(stub)).toEqual({ port: 1_099, objectId: OBJECT_ID, isTls: false });
  });

  test("that is a dynamic proxy does, too", () => {
    const handler = stubOf(block(utf("UnicastRef"), utf("host"), int(7), OBJECT_ID, Buffer.of(0)));
    expect(remoteRefOf(javaObject(PROXY, part({ h: handler })))).toEqual({
      port: 7,
      objectId: OBJECT_ID,
      isTls: false,
    });
  });

  test("with a socket factory of TLS asks for TLS", () => {
    const head = block(utf("UnicastRef2"), Buffer.of(1), utf("host"), int(7));
    const stub = stubOf(head, TLS_FACTORY, block(OBJECT_ID, Buffer.of(0)));
    expect(remoteRefOf(stub)).toEqual({ port: 7, objectId: OBJECT_ID, isTls: true });
  });

  test("without a socket factory does not", () => {
    const stub = stubOf(
      block(utf("UnicastRef2"), Buffer.of(0), utf("host"), int(7), OBJECT_ID, Buffer.of(0)),
    );
    expect(remoteRefOf(stub).isTls).toBe(false);
  });

  test.each<[string, JavaValue, string]>([
    ["nothing", null, "no remote object"],
    ["a text", "UnicastRef", "no remote object"],
    ["another object", TLS_FACTORY, "no remote object"],
    ["another kind of reference", stubOf(block(utf("ActivatableRef"))), "no remote object"],
    ["a port that is none", stubOf(block(utf("UnicastRef"), utf("h"), int(70_000), OBJECT_ID)), "no port"],
    [
      "half an object's id",
      stubOf(block(utf("UnicastRef"), utf("h"), int(7), OBJECT_ID.subarray(9))),
      "are allowed",
    ],
    [
      "a socket factory that only the app has",
      stubOf(block(utf("UnicastRef2"), Buffer.of(1), utf("h"), int(7)), javaObject(javaClass("Own", 0n))),
      "the socket factory Own is not known",
    ],
  ])("that is %s is refused", (_what, value, message) => {
    expect(() => remoteRefOf(value)).toThrow(JavaStreamError);
    expect(() => remoteRefOf(value)).toThrow(message);
  });
});

function stubOf(...annotation: JavaValue[]): JavaObject {
  return javaObject(STUB, part({}, annotation), part({}));
}

function block(...bytes: Buffer[]): JavaValue {
  return { kind: "block", bytes: Buffer.concat(bytes) };
}

function utf(text: string): Buffer {
  return Buffer.concat([Buffer.of(0, text.length), Buffer.from(text)]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
