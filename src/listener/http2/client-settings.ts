import {
  ConnectionError,
  ERROR_CODE,
  FRAME_BYTES,
  MAX_FRAME_BYTES,
  MAX_WINDOW_BYTES,
  SETTING,
} from "./frames.ts";

/** What a client may change by its SETTINGS, as far as it concerns us (RFC 9113 section 6.5.2). */
export interface ChangedSettings {
  readonly initialWindowBytes: number | undefined;
  readonly maxFrameBytes: number | undefined;
}

const ENTRY_BYTES = 6;

/**
 * Reads the payload of SETTINGS. The size of the client's table is of no interest: we use none; nor how long the
 * header of an answer may be: the client will say so.
 * @throws {ConnectionError} for a value that may not be.
 */
export function readSettings(payload: Buffer): ChangedSettings {
  if (payload.length % ENTRY_BYTES !== 0)
    throw new ConnectionError(ERROR_CODE.frameSizeError, "SETTINGS ends in the middle of one");
  let initialWindowBytes: number | undefined;
  let maxFrameBytes: number | undefined;
  for (let at = 0; at < payload.length; at += ENTRY_BYTES) {
    const value = payload.readUInt32BE(at + 2);
    switch (payload.readUInt16BE(at)) {
      case SETTING.enablePush:
      case SETTING.enableConnectProtocol:
        if (value > 1) throw new ConnectionError(ERROR_CODE.protocolError, "a setting is neither 0 nor 1");
        break;
      case SETTING.initialWindowSize:
        if (value > MAX_WINDOW_BYTES)
          throw new ConnectionError(ERROR_CODE.flowControlError, "the initial window is too large");
        initialWindowBytes = value;
        break;
      case SETTING.maxFrameSize:
        if (value < FRAME_BYTES || value > MAX_FRAME_BYTES)
          throw new ConnectionError(ERROR_CODE.protocolError, "the size of frames is out of bounds");
        maxFrameBytes = value;
        break;
    }
  }
  return { initialWindowBytes, maxFrameBytes };
}
