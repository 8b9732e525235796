import { openCgroupMeter } from "../../src/linux/cgroup/cgroup-meter.ts";
import { summarise } from "./statistics.ts";

/** `npm run bench:resources`: the CPU time that one reading of a cgroup's figures costs, as /resources takes each second. */

const ROUNDS = 12;
const WARM_UP = 2;
const READINGS = 200;

await using meter = await openCgroupMeter(process.pid);
if (meter === undefined) throw new Error("the cgroup of this process can't be read");

const costsUs: number[] = [];
for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
  const before = process.cpuUsage();
  for (let count = 0; count < READINGS; count += 1) await meter.read();
  const { user, system } = process.cpuUsage(before);
  if (round >= WARM_UP) costsUs.push((user + system) / READINGS);
}
const { median, least, greatest } = summarise(costsUs);
const [middle, low, high] = [median, least, greatest].map((us) => us.toFixed(0));
console.log(
  `${middle} µs of CPU time for each reading (${low} to ${high}, ${ROUNDS} rounds of ${READINGS}; cgroup ${meter.cgroup.version})`,
);
