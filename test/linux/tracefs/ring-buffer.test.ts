import { describe, expect, test } from "vitest";
import { EventFormatError, parseEventFormat } from "../../../src/linux/tracefs/event-format.ts";
import { createRecordReader, type KernelRecord } from "../../../src/linux/tracefs/kernel-records.ts";
import { createPageReader, parsePageLayout } from "../../../src/linux/tracefs/ring-buffer.ts";
import { randomOf, seedOr } from "../../support/random.ts";
import { allRecordedEvents, readPages, recordedEvents } from "../../support/recorded-events.ts";

const RECORDINGS = allRecordedEvents();

/** A record as the kernel writes it: `7112 13566.526669: sys_exit: NR 218 = 7112`, for what both tell. */
function textOf(record: KernelRecord): string {
  const time = `${record.hostTid} ${(Math.round(record.timeNs / 1_000) / 1e6).toFixed(6)}`;
  switch (record.kind) {
    case "enter": {
      const args = [0, 1, 2, 3, 4, 5].map((index) =>
        ((BigInt(record.words[index * 2 + 1] ?? 0) << 32n) | BigInt(record.words[index * 2] ?? 0)).toString(
          16,
        ),
      );
      return `${time} sys_enter: NR ${record.number} (${args.join(", ")})`;
    }
    case "return":
      return `${time} sys_exit: NR ${record.number} = ${(BigInt(record.high) << 32n) | BigInt(record.low >>> 0)}`;
    case "fork":
      return `${time} sched_process_fork: child_pid=${record.childHostTid}`;
    case "end":
      return `${time} sched_process_exit`;
    case "exec":
      return `${time} sched_process_exec: old_pid=${record.oldHostTid}`;
    case "signal":
      return `${time} signal_deliver: sig=${record.number} code=${record.code}`;
    case "score":
      return `${time} oom_score_adj_update: pid=${record.ofHostTid}`;
  }
}

function textOfLine(line: string): string {
  const [, tid, time, rest = ""] = /-(\d+)\s+\[\d+\]\s+\S+\s+(\d+\.\d+): (.*)$/.exec(line) ?? [];
  const what = rest
    .replace(/^(sched_process_fork: ).*(child_pid=\d+)$/, "$1$2")
    .replace(/^(sched_process_exit): .*/, "$1")
    .replace(/^(signal_deliver: sig=\d+ )errno=\d+ (code=-?\d+) .*/, "$1$2")
    .replace(/^(sched_process_exec: ).*(old_pid=\d+)$/, "$1$2");
  return `${tid} ${time} ${what}`;
}

test.each(RECORDINGS)(
  "the pages of $name hold what the kernel itself says of them, to the last event",
  (recording) => {
    const { records, broken, lost } = readPages(recording, recording.pages);
    expect(records.length).toBeGreaterThan(50);
    expect(records.map(textOf)).toEqual(recording.lines.map(textOfLine));
    expect({ broken, lost: lost.filter((count) => count !== 0) }).toEqual({ broken: 0, lost: [] });
  },
);

describe("a page", () => {
  const dd = recordedEvents("dd");
  const layout = parsePageLayout(dd.header);

  /** A page of these words, which says of itself what `commit` does. */
  function pageOf(words: readonly number[], commit = words.length * 4): Buffer {
    const page = Buffer.alloc(layout.pageBytes);
    page.writeBigUInt64LE(1_000n, 0);
    page.writeUInt32LE(commit >>> 0, layout.commitOffset);
    for (const [index, word] of words.entries())
      page.writeUInt32LE(word >>> 0, layout.dataOffset + index * 4);
    return page;
  }

  function read(page: Buffer, bytes = page.length) {
    const events: { timeNs: number; data: number[] }[] = [];
    const end = createPageReader(layout, 0n)(page, bytes, (timeNs, words, at, length) =>
      events.push({ timeNs, data: [...words.subarray(at, at + length)] }),
    );
    return { events, end };
  }

  test("counts its times on from its own, over extends, absolute times and discarded events", () => {
    const words = [
      ...[(5 << 5) | 1, 11],
      ...[(1 << 5) | 30, 2],
      ...[(7 << 5) | 29, 8, 99],
      ...[(3 << 5) | 0, 12, 21, 22],
      ...[(9 << 5) | 31, 5],
      ...[(1 << 5) | 2, 31, 32],
    ];
    const { events, end } = read(pageOf(words));
    expect(end).toEqual({ lostBefore: 0, isBroken: false });
    expect(events).toEqual([
      { timeNs: 1_005, data: [11] },
      { timeNs: 1_005 + 2 * 2 ** 27 + 1 + 7 + 3, data: [21, 22] },
      { timeNs: 5 * 2 ** 27 + 9 + 1, data: [31, 32] },
    ]);
  });

  test("ends at a padding without a length", () => {
    const { events, end } = read(pageOf([(5 << 5) | 1, 11, 29, 0, (5 << 5) | 1, 12]));
    expect(events).toHaveLength(1);
    expect(end.isBroken).toBe(false);
  });

  test("says how many events were lost before it, or that some were", () => {
    const page = pageOf([(5 << 5) | 1, 11], 8 | 0x8000_0000 | 0x4000_0000);
    page.writeBigUInt64LE(1_234n, layout.dataOffset + 8);
    expect(read(page).end).toEqual({ lostBefore: 1_234, isBroken: false });
    expect(read(pageOf([(5 << 5) | 1, 11], 8 | 0x8000_0000)).end.lostBefore).toBeNull();
  });

  test.each([
    ["says that it is longer than what was read", pageOf([(5 << 5) | 1, 11], 4_096), layout.pageBytes],
    ["ends within an event", pageOf([(5 << 5) | 4, 11, 12]), layout.pageBytes],
    ["has an event of no length", pageOf([0, 0, 0, 0]), layout.pageBytes],
    ["is shorter than its head", pageOf([]), 7],
  ])("that %s is broken", (_, page, bytes) => {
    expect(read(page, bytes).end.isBroken).toBe(true);
  });
});

test("whatever the pages are, reading them ends, and hands on nothing from beyond them", () => {
  const seed = seedOr(20_261_128);
  const random = randomOf(seed);
  let broken = 0;
  for (let round = 0; round < 3_000; round += 1) {
    const recording = random.pick(RECORDINGS);
    const page = Buffer.from(random.pick(recording.pages));
    for (let changes = random.int(20); changes >= 0; changes -= 1) {
      const at = random.int(random.chance(0.3) ? 32 : page.length);
      if (random.chance(0.5)) page[at] = random.int(256);
      else
        page.writeUInt32LE(
          random.pick([0, 29, 30, 31, 0xffff_ffff, 0x8000_0000, 4]),
          Math.min(at, page.length - 4),
        );
    }
    const cut = random.chance(0.3) ? page.subarray(0, random.int(page.length)) : page;
    const result = readPages(recording, [cut]);
    broken += result.broken;
    // The least event takes a word and its head.
    expect(result.records.length, `TEST_SEED=${seed}, round ${round}`).toBeLessThanOrEqual(page.length / 8);
  }
  // The mutations do reach what is broken, and leave what is not.
  expect(broken).toBeGreaterThan(300);
  expect(broken).toBeLessThan(2_700);
});

describe("the kernel's description of its events", () => {
  const { formats, header } = recordedEvents("dd");

  test("is read by names: fields at other places are found there", () => {
    const moved = `name: sys_exit
ID: 7
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;
	field:long ret;	offset:8;	size:8;	signed:1;
	field:long id;	offset:24;	size:8;	signed:1;
`;
    const toRecord = createRecordReader({ return: parseEventFormat(moved) });
    const words = Int32Array.from([7, 42, -2, -1, 0, 0, 257, 0]);
    expect(toRecord(5, words, 0, 8)).toEqual({
      ...{ kind: "return", timeNs: 5, hostTid: 42, number: 257, low: -2, high: -1 },
    });
    expect(toRecord(5, words, 0, 6)).toBeUndefined();
  });

  test.each([
    "",
    "ID: 5\n",
    "format:\n\tfield:int x;\toffset:0;\tsize:4;\tsigned:1;\n",
    "ID: 5\nfield".repeat(9_999),
  ])("%# that is none is refused", (text) => {
    expect(() => parseEventFormat(text)).toThrow(EventFormatError);
    expect(() => parsePageLayout(text)).toThrow(EventFormatError);
  });

  test("that lacks a field, or has it in another size, is refused", () => {
    const { enter } = formats;
    if (enter === undefined) throw new Error("no format");
    const without = new Map([...enter.fields].filter(([name]) => name !== "args"));
    expect(() => createRecordReader({ enter: { id: 1, fields: without } })).toThrow(EventFormatError);
    const small = new Map(enter.fields).set("id", { offset: 8, sizeBytes: 4, isSigned: true });
    expect(() => createRecordReader({ enter: { id: 1, fields: small } })).toThrow(EventFormatError);
    expect(() => parsePageLayout(header.replace("size:8", "size:4"))).toThrow(EventFormatError);
  });
});
