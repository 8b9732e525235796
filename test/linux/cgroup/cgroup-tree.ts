import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Writes files below a folder of their own, as a file system of cgroups shows them; gives the folder. */
export async function writeTree(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "tickbird-cgroup-"));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

/** What a container with limits shows in version 2 of cgroups (Linux 6.8). */
export const VERSION_2 = {
  "cpu.stat":
    "usage_usec 154641\nuser_usec 106040\nsystem_usec 48601\nnice_usec 0\ncore_sched.force_idle_usec 0\nnr_periods 130\nnr_throttled 12\nthrottled_usec 4500\nnr_bursts 0\nburst_usec 0\n",
  "cpu.max": "150000 100000\n",
  "cpu.weight": "100\n",
  "memory.current": "104857600\n",
  "memory.peak": "120000000\n",
  "memory.max": "134217728\n",
  "memory.swap.current": "4096\n",
  "memory.swap.max": "max\n",
  "memory.stat":
    "anon 41943040\nfile 52428800\nkernel 8388608\nkernel_stack 65536\npagetables 524288\nshmem 0\nfile_mapped 1048576\ninactive_anon 0\nactive_anon 41943040\ninactive_file 31457280\nactive_file 20971520\nunevictable 0\nslab_reclaimable 4194304\nslab_unreclaimable 2097152\npgfault 10000\n",
  "memory.events": "low 0\nhigh 7\nmax 31\noom 2\noom_kill 1\noom_group_kill 0\n",
  "pids.current": "17\n",
  "pids.max": "50\n",
  "pids.events": "max 3\n",
  "io.stat": "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n",
  "cpu.pressure":
    "some avg10=12.50 avg60=2.00 avg300=0.50 total=1000\nfull avg10=1.00 avg60=0.50 avg300=0.10 total=500\n",
  "memory.pressure":
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
  "io.pressure":
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
} as const;

/** What `docker run --memory 64m --cpus 0.5 --pids-limit 50` shows in version 1 (Docker 20.10, Linux 6.18). */
export const VERSION_1 = {
  "cpu/cpu.stat": "nr_periods 11\nnr_throttled 4\nthrottled_time 171627968\nnr_bursts 0\nburst_time 0\n",
  "cpu/cpu.cfs_quota_us": "50000\n",
  "cpu/cpu.cfs_period_us": "100000\n",
  "cpu/cpu.shares": "1024\n",
  "cpuacct/cpuacct.usage": "171627968\n",
  "cpuacct/cpuacct.usage_user": "110000000\n",
  "cpuacct/cpuacct.usage_sys": "60000000\n",
  "memory/memory.usage_in_bytes": "2899968\n",
  "memory/memory.limit_in_bytes": "67108864\n",
  "memory/memory.max_usage_in_bytes": "5816320\n",
  "memory/memory.memsw.limit_in_bytes": "134217728\n",
  "memory/memory.kmem.usage_in_bytes": "307200\n",
  "memory/memory.failcnt": "9\n",
  "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
  "memory/memory.stat":
    "cache 2256896\nrss 98304\nswap 0\ninactive_file 1\nhierarchical_memory_limit 33554432\nhierarchical_memsw_limit 134217728\ntotal_cache 2256896\ntotal_rss 98304\ntotal_swap 8192\ntotal_inactive_file 704512\ntotal_active_file 1552384\n",
  "pids/pids.current": "1\n",
  "pids/pids.max": "50\n",
  "pids/pids.events": "max 0\n",
  "blkio/blkio.throttle.io_service_bytes_recursive":
    "254:0 Read 4096\n254:0 Write 0\n254:0 Sync 4096\n254:0 Total 4096\nTotal 4096\n",
  "blkio/blkio.throttle.io_serviced_recursive": "254:0 Read 1\n254:0 Write 0\n254:0 Total 1\nTotal 1\n",
} as const;
