import { readText } from "./proc.ts";

/** What a process has read and written since its start, with its threads that have ended (proc_pid_io(5)). */
export interface ProcessIo {
  /** From storage: what the page cache had is not in it. */
  readonly readBytes: number;
  /** To storage, counted when a page becomes dirty. */
  readonly writeBytes: number;
  /** Written, and deleted before it reached storage. */
  readonly cancelledWriteBytes: number;
  /** By read(2) and its like, from anywhere: pipes, sockets and the page cache too. */
  readonly readCallBytes: number;
  /** By write(2) and its like, to anywhere. */
  readonly writeCallBytes: number;
  readonly readCalls: number;
  readonly writeCalls: number;
}

const MAX_BYTES = 4_096;

/** Reads `/proc/<pid>/io`; throws the system error where that can't be read. */
export async function readIo(pid: number): Promise<ProcessIo> {
  const text = await readText(`/proc/${pid}/io`, MAX_BYTES);
  const values = new Map(
    [...text.matchAll(/^(\w+): (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
  const value = (name: string) => values.get(name) ?? 0;
  return {
    readBytes: value("read_bytes"),
    writeBytes: value("write_bytes"),
    cancelledWriteBytes: value("cancelled_write_bytes"),
    readCallBytes: value("rchar"),
    writeCallBytes: value("wchar"),
    readCalls: value("syscr"),
    writeCalls: value("syscw"),
  };
}
