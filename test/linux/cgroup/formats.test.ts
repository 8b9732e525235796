import { expect, test } from "vitest";
import { countCpus, parseCpuMax } from "../../../src/linux/cgroup/cpu.ts";
import { lowestLimit, ratioOf } from "../../../src/linux/cgroup/effective-limit.ts";
import { ioTotals, parseBlkio, parseIoStat } from "../../../src/linux/cgroup/io.ts";
import { keyedValue, parseFlat, parseLimit, parseNumber } from "../../../src/linux/cgroup/key-values.ts";
import { parseMemberships, pathBelow } from "../../../src/linux/cgroup/membership.ts";
import { workingSet } from "../../../src/linux/cgroup/memory.ts";
import { parsePressure } from "../../../src/linux/cgroup/pressure.ts";
import { groupMounts } from "../../../src/linux/file-systems.ts";
import { parseMountInfo } from "../../../src/linux/mount-info.ts";
import { parseNetDev } from "../../../src/linux/network-interfaces.ts";

test("the memberships of version 1, of a named hierarchy and of version 2 are told apart", () => {
  const text = "5:cpu,cpuacct:/docker/a:b\n1:name=systemd:/docker/a\n0::/../other (deleted)\n\n";
  expect(parseMemberships(text)).toEqual([
    { hierarchy: 5, controllers: ["cpu", "cpuacct"], path: "/docker/a:b" },
    { hierarchy: 1, controllers: ["name=systemd"], path: "/docker/a" },
    { hierarchy: 0, controllers: [], path: "/../other" },
  ]);
});

test.each([
  ["the whole hierarchy", "/", "/docker/a", "/docker/a"],
  ["the cgroup itself", "/docker/a", "/docker/a", "/"],
  ["one above", "/docker", "/docker/a", "/a"],
  ["a neighbour outside of our cgroup namespace", "/../a", "/../a", "/"],
  ["what is below such a neighbour", "/../a", "/../a/init", "/init"],
  ["another one", "/docker/a", "/docker/b", undefined],
  ["one whose name only begins alike", "/docker/a", "/docker/ab", undefined],
  ["our own, for one outside of it", "/", "/../a", undefined],
  ["an ancestor of ours, the way from which is hidden", "/..", "/../../a", undefined],
])("a mount of %s leads to the cgroup, or does not", (_, root, path, below) => {
  expect(pathBelow(root, path)).toBe(below);
});

test("mounts are read with optional fields or none, and escaped blanks", () => {
  const text = `77 76 0:28 /docker/a /sys/fs/cgroup/cpu ro,nosuid - cgroup cgroup rw,cpu
88 71 254:0 /a\\040b /mnt/with\\040blank rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard
nonsense
`;
  expect(parseMountInfo(text)).toEqual([
    {
      ...{ id: "77", device: "0:28", root: "/docker/a", mountPoint: "/sys/fs/cgroup/cpu", type: "cgroup" },
      ...{ options: ["ro", "nosuid"], source: "cgroup", superOptions: ["rw", "cpu"] },
    },
    {
      ...{ id: "88", device: "254:0", root: "/a b", mountPoint: "/mnt/with blank", type: "ext4" },
      ...{ options: ["rw", "relatime"], source: "/dev/vda", superOptions: ["rw", "discard"] },
    },
  ]);
});

test("of a container's mounts the real file systems remain, each once, with the shortest path first", () => {
  const mounts = parseMountInfo(`71 47 0:38 / / rw - overlay overlay rw
72 71 0:41 / /proc rw - proc proc rw
73 71 0:42 / /dev rw - tmpfs tmpfs rw
75 71 0:44 / /sys ro - sysfs sysfs ro
77 76 0:28 /docker/a /sys/fs/cgroup ro - cgroup2 cgroup rw
87 73 0:46 / /dev/shm rw - tmpfs shm rw
88 71 254:0 /x/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda rw
90 71 254:0 /x/hosts /etc/hosts rw - ext4 /dev/vda rw
52 72 0:47 / /proc/acpi ro - tmpfs tmpfs ro
`);
  expect(groupMounts(mounts).map((group) => group.map(({ mountPoint }) => mountPoint))).toEqual([
    ["/"],
    ["/dev/shm"],
    ["/etc/hosts", "/etc/resolv.conf"],
  ]);
});

test("a limit is a number, or none: the word of version 2, the huge and the negative number of version 1", () => {
  expect(["max\n", "-1\n", "9223372036854771712\n", "4096\n", "0\n", "", "4k"].map(parseLimit)).toEqual([
    ...["unlimited", "unlimited", "unlimited", 4_096, 0, null, null],
  ]);
  expect([" 12\n", "12 13", ""].map(parseNumber)).toEqual([12, null, null]);
});

test("a flat file is read whole or by one key, never by a key that only ends alike", () => {
  const text = "inactive_file 1\ntotal_inactive_file 20\nfile 300\n";
  expect([...parseFlat(text)]).toEqual([
    ["inactive_file", 1],
    ["total_inactive_file", 20],
    ["file", 300],
  ]);
  expect(
    ["inactive_file", "total_inactive_file", "file", "none"].map((key) => keyedValue(text, key)),
  ).toEqual([...[1, 20, 300, Number.NaN]]);
  expect(keyedValue("", "file")).toBeNaN();
});

test("a quota is in nanoseconds, and as a number of CPUs", () => {
  expect(parseCpuMax("150000 100000\n")).toEqual({ quotaNs: 150_000_000, periodNs: 100_000_000, cpus: 1.5 });
  expect(parseCpuMax("max 100000\n")).toEqual({
    quotaNs: "unlimited",
    periodNs: 100_000_000,
    cpus: "unlimited",
  });
  expect(parseCpuMax("-1 100000")?.cpus).toBe("unlimited");
  expect(parseCpuMax("")).toBeUndefined();
  expect(["0", "0-3", "0-1,4,6-7", ""].map(countCpus)).toEqual([1, 4, 5, 0]);
});

test("the lowest limit counts, wherever it was set", () => {
  expect(lowestLimit(10, ["unlimited", 20], 30)).toEqual({ value: 10, from: "cgroup" });
  expect(lowestLimit("unlimited", [20, 15], 30)).toEqual({ value: 15, from: "ancestor" });
  expect(lowestLimit(100, [200], 30)).toEqual({ value: 30, from: "machine" });
  expect(lowestLimit("unlimited", ["unlimited"])).toEqual({ value: "unlimited", from: null });
  expect([ratioOf(1, 4), ratioOf(null, 4), ratioOf(1, "unlimited"), ratioOf(1, 0)]).toEqual([
    ...[0.25, null, null, null],
  ]);
});

test("the working set is never below zero, and unknown where a part of it is", () => {
  expect([workingSet(100, 30), workingSet(100, 130), workingSet(null, 1), workingSet(1, undefined)]).toEqual([
    ...[70, 0, null, null],
  ]);
});

test("both versions tell the same of a device", () => {
  const v2 = "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n259:0 \n";
  const bytes = "254:0 Read 4096\n254:0 Write 8192\n254:0 Sync 8192\n254:0 Total 12288\nTotal 12288\n";
  const device = { device: "254:0", readBytes: 4_096, writeBytes: 8_192, reads: 1, writes: 2 };
  expect(parseIoStat(v2)).toEqual([device]);
  expect(parseBlkio(bytes, "254:0 Read 1\n254:0 Write 2\n254:0 Total 3\n")).toEqual([device]);
  expect(ioTotals(v2, 2)).toEqual({ readBytes: 4_096, writeBytes: 8_192 });
  expect(ioTotals(bytes, 1)).toEqual({ readBytes: 4_096, writeBytes: 8_192 });
  expect(ioTotals("Total 0\n", 1)).toEqual({ readBytes: 0, writeBytes: 0 });
});

test("pressure has both kinds, or only the one that older kernels tell of the CPU", () => {
  const some = "some avg10=1.50 avg60=0.25 avg300=0.00 total=2500\n";
  expect(parsePressure(some)).toEqual({
    some: { avg10Percent: 1.5, avg60Percent: 0.25, avg300Percent: 0, totalNs: 2_500_000 },
    full: null,
  });
  expect(parsePressure(`${some}${some.replace("some", "full")}`).full).toMatchObject({ totalNs: 2_500_000 });
});

test("interfaces are read with their counters in the right columns", () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
eth0:12:486       5    1    2    0     0          0         0        700       6    3    4    0     0       0          0
`;
  expect(parseNetDev(text).map(({ name }) => name)).toEqual(["lo", "eth0:12"]);
  expect(parseNetDev(text)[1]).toEqual({
    ...{ name: "eth0:12", receiveBytes: 486, receivePackets: 5, receiveErrors: 1, receiveDrops: 2 },
    ...{ transmitBytes: 700, transmitPackets: 6, transmitErrors: 3, transmitDrops: 4 },
  });
});
