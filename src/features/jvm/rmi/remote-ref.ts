import {
  type ByteInput,
  createByteInput,
  need,
  type Reading,
  readWhole,
} from "../serialization/byte-input.ts";
import {
  fieldOf,
  isJavaObject,
  type JavaBlock,
  type JavaObject,
  type JavaValue,
  partOf,
} from "../serialization/java-values.ts";
import { readUtf } from "../serialization/read-context.ts";
import { JavaStreamError } from "../serialization/stream-error.ts";

/** Where a remote object is, beside the host: that which the JVM names is often one that only itself can reach. */
export interface RemoteRef {
  readonly port: number;
  /** 22 bytes: the number, and the identity of the JVM's run. */
  readonly objectId: Buffer;
  /** Whether its socket factory is that of TLS. */
  readonly isTls: boolean;
}

const OBJECT_ID_BYTES = 22;
const REMOTE_OBJECT = "java.rmi.server.RemoteObject";
const TLS_FACTORY = "javax.rmi.ssl.SslRMIClientSocketFactory";

/** The object of the registry, the same in each JVM (`ObjID.REGISTRY_ID`). */
export const REGISTRY_ID = Buffer.alloc(OBJECT_ID_BYTES);

/**
 * Reads a stub: one of a class of its own (`RMIServerImpl_Stub`), or a dynamic proxy.
 * @throws {JavaStreamError} where it is none, or has a socket factory that only Java can run.
 */
export function remoteRefOf(stub: JavaValue): RemoteRef {
  const remote = isJavaObject(stub) ? remoteObjectOf(stub) : undefined;
  const annotation = remote && partOf(remote, REMOTE_OBJECT)?.annotation;
  if (annotation === undefined) throw new JavaStreamError("it is no remote object", 0);
  const blocks = annotation.filter(isBlock);
  const bytes = Buffer.concat(blocks.map((block) => block.bytes));
  const input = createByteInput(bytes.length);
  input.append(bytes);
  const factory = annotation.find(isJavaObject)?.type.name;
  if (factory !== undefined && factory !== TLS_FACTORY) {
    throw new JavaStreamError(`the socket factory ${factory} is not known`, 0);
  }
  return { ...readWhole(input, readRef(input)), isTls: factory !== undefined };
}

function remoteObjectOf(stub: JavaObject): JavaObject | undefined {
  if (partOf(stub, REMOTE_OBJECT) !== undefined) return stub;
  const handler = fieldOf(stub, "h");
  return isJavaObject(handler) ? handler : undefined;
}

function isBlock(value: JavaValue): value is JavaBlock {
  return typeof value === "object" && value !== null && value.kind === "block";
}

function* readRef(input: ByteInput): Reading<Omit<RemoteRef, "isTls">> {
  const kind = yield* readUtf(input);
  if (kind !== "UnicastRef" && kind !== "UnicastRef2") throw new JavaStreamError("it is no remote object", 0);
  if (kind === "UnicastRef2") {
    yield* need(input, 1);
    input.u8();
  }
  yield* readUtf(input);
  yield* need(input, 4 + OBJECT_ID_BYTES);
  const port = input.i32();
  if (port < 1 || port > 65_535) throw new JavaStreamError(`${port} is no port`, input.offset);
  return { port, objectId: Buffer.from(input.view(OBJECT_ID_BYTES)) };
}
