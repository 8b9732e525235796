import { AppError } from "../../../base/errors.ts";

/** A file of a change of several, as the request named it. */
export interface OneOfSeveral {
  readonly name: string;
  /** Its place in the request. */
  readonly index: number;
}

/**
 * Does something with a file, and says in what is refused which of several it was: by its name, and by the pointer of its
 * place in the request. `one` is undefined where the request is about a single file: then a refusal stays as it is.
 * @throws {AppError} as `act` does.
 */
export async function saying<T>(one: OneOfSeveral | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw one !== undefined && error instanceof AppError ? refusalOf(one, error) : error;
  }
}

function refusalOf({ name, index }: OneOfSeveral, error: AppError): AppError {
  const { code, message, remedy, errors, headers, extra } = error;
  const pointer = `/files/${index}`;
  const detail = message.includes(name) ? message : `${name}: ${message}`;
  // The pointers are those of the file; a body of several has others (RFC 9457 section 3).
  const within = errors.map((each) => ({
    ...each,
    pointer,
    detail: each.pointer === "" ? each.detail : `${each.pointer}: ${each.detail}`,
  }));
  // An ETag header would be that of the request's own path.
  const { ETag: _, ...others } = headers;
  return new AppError(code, detail, {
    ...{ cause: error, headers: others, extra: { ...extra, name } },
    ...(remedy === undefined ? {} : { remedy }),
    errors: within.length === 0 ? [{ pointer, detail: message }] : within,
  });
}
