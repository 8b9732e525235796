import { type RemoteRef, remoteRefOf } from "../rmi/remote-ref.ts";
import { createByteInput, readWhole } from "../serialization/byte-input.ts";
import { createObjectReader, WriteAbortedError } from "../serialization/object-reader.ts";
import { READ_LIMITS } from "../serialization/read-limits.ts";
import { JavaStreamError } from "../serialization/stream-error.ts";

/** A URL that bears the object itself (javax.management.remote.rmi, "JRMP connectors without a registry"). */
const STUB = /^service:jmx:rmi:\/\/[^/]*\/stub\/([A-Za-z\d+/]+=*)$/;

/** The object by which one logs in, out of such a URL; undefined where it is none, or can't be read. */
export function readStub(url: string): RemoteRef | undefined {
  const [, base64] = STUB.exec(url) ?? [];
  if (base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, "base64");
  const input = createByteInput(bytes.length);
  input.append(bytes);
  const reader = createObjectReader(input, READ_LIMITS);
  try {
    readWhole(input, reader.readHeader());
    return remoteRefOf(readWhole(input, reader.readValue()));
  } catch (error) {
    if (error instanceof JavaStreamError || error instanceof WriteAbortedError) return undefined;
    throw error;
  }
}
