import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * `npm run generate:syscalls [tracefs]`: rewrites src/linux/tracefs/syscall-tables.ts, the numbers of system calls and the
 * kinds of their arguments. The numbers come from the headers of linux-libc-dev (Debian), the kinds from the events of
 * the kernel that runs (CONFIG_FTRACE_SYSCALLS), whose tracefs is at /sys/kernel/tracing unless said otherwise.
 */

const HEADERS = {
  x64: "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
  ia32: "/usr/include/x86_64-linux-gnu/asm/unistd_32.h",
  arm64: "/usr/include/asm-generic/unistd.h",
} as const;
const TARGET = new URL("../../src/linux/tracefs/syscall-tables.ts", import.meta.url);

/** Later than the headers, and the same everywhere, as all numbers since 424. */
const SINCE_LINUX_6_5 = `451 cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount
 lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat removexattrat open_tree_attr
 file_getattr file_setattr`;
/** What events call otherwise than programs do. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ newstat: "stat", newfstat: "fstat", newlstat: "lstat", newuname: "uname", sendfile64: "sendfile" },
  umount: "umount2",
};
/** Without events, for the kernel was built without them. */
const WITHOUT_EVENT: Readonly<Record<string, string>> = {
  ...{ init_module: "pzp", finit_module: "fph", delete_module: "ph", map_shadow_stack: "xzh" },
};

const DESCRIPTOR =
  /^(?:fd|dfd|fildes|fdin|fdout|fd_in|fd_out|in_fd|out_fd|oldfd|olddfd|newdfd|from_dfd|to_dfd|epfd|pidfd|ufd|mqdes|mountdirfd|fs_fd|group_fd|ruleset_fd|fanotify_fd)$/;
const PATH =
  /^(?:filename|pathname|path|oldname|newname|specialfile|special|dir_name|dev_name|new_root|put_old|from_pathname|to_pathname)$/;
/** Where `name` is a path, and no name of an attribute or a host. */
const NAMED_BY_NAME = /^(?:acct|umount|name_to_handle_at)$/;
const BITS =
  /^(?:flags|flag|mode|prot|mask|cmd|op|how|behavior|attr_flags|at_flags|.*_flags|clone_flags|option|request)$/;

function kindOf(call: string, type: string, name: string): string {
  // A descriptor of another process.
  if (call === "pidfd_getfd" && name === "fd") return "i";
  if (type.includes("*")) return PATH.test(name) || (name === "name" && NAMED_BY_NAME.test(call)) ? "s" : "p";
  if (DESCRIPTOR.test(name)) return "f";
  if (type === "umode_t") return "o";
  if (/size_t/.test(type)) return "z";
  if (BITS.test(name)) return "h";
  if (/unsigned long|aio_context_t|u64/.test(type)) return "x";
  if (/^(?:long|l?off_t)$/.test(type)) return "l";
  return /unsigned|u32|uid_t|gid_t|qid_t/.test(type) ? "u" : "i";
}

function signatures(tracefs: string): Map<string, string> {
  const folder = join(tracefs, "events/syscalls");
  const found = new Map(Object.entries(WITHOUT_EVENT));
  for (const event of readdirSync(folder).filter((name) => name.startsWith("sys_enter_"))) {
    const call = event.slice("sys_enter_".length);
    const text = readFileSync(join(folder, event, "format"), "utf8").split("__syscall_nr;")[1] ?? "";
    // What stands behind the arguments since Linux 6.17 is the text that some point to.
    const fields = [...text.matchAll(/field:(.*?)\s*(\w+);\s*offset:\d+;\s*size:8;/g)];
    const kinds = fields.map(([, type = "", name = ""]) =>
      kindOf(call, type.replace(/^const (?!.*\*)/, ""), name),
    );
    found.set(NAMES[call] ?? call, kinds.join(""));
  }
  return found;
}

/** `#define __NR_read 0`; in the generic header some by way of `__NR3264_`, 64 bits first. */
function numbersIn(path: string): Map<number, string> {
  const text = readFileSync(path, "utf8");
  const direct = new Map(
    [...text.matchAll(/^#define (__NR\w*_\w+)\s+(\d+)$/gm)].map(([, name = "", nr]) => [name, Number(nr)]),
  );
  for (const [, name = "", other = ""] of text.matchAll(/^#define (__NR_\w+)\s+(__NR3264_\w+)$/gm)) {
    const number = direct.get(other);
    if (
      number !== undefined &&
      ![...direct].some(([known, nr]) => nr === number && known.startsWith("__NR_"))
    )
      direct.set(name, number);
  }
  const names = [...direct].filter(
    ([name]) => name.startsWith("__NR_") && !/_(?:syscalls|arch_specific_syscall|syscall_max)$/.test(name),
  );
  const found = new Map(names.map(([name, number]) => [number, name.slice("__NR_".length)]));
  const [first = "0", ...later] = SINCE_LINUX_6_5.split(/\s+/);
  for (const [index, name] of later.entries()) found.set(Number(first) + index, name);
  return found;
}

function table(numbers: ReadonlyMap<number, string>): string {
  let next = 0;
  const words: string[] = [];
  for (const [number, name] of [...numbers].toSorted(([a], [b]) => a - b)) {
    if (number !== next) words.push(String(number));
    words.push(name);
    next = number + 1;
  }
  return wrapped(words);
}

function wrapped(words: readonly string[]): string {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line.length + word.length > 105) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line].join("\n");
}

const [tracefs = "/sys/kernel/tracing"] = process.argv.slice(2);
const kinds = [...signatures(tracefs)].toSorted(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(
  TARGET,
  `/** Made by \`npm run generate:syscalls\` of the kernel's own headers and events: not to be changed by hand. */

/** The names of the system calls of each architecture in the order of their numbers; a number says where the next is. */
export const SYSCALL_NAMES = {
${Object.entries(HEADERS)
  .map(([architecture, path]) => `  ${architecture}: \`\n${table(numbersIn(path))}\n\`,`)
  .join("\n")}
} as const;

/**
 * What the arguments of each call are: \`f\` a descriptor, \`s\` the address of a path, \`p\` another address, \`i\` a signed
 * number of 32 bits, \`u\` an unsigned one, \`h\` one of bits or a choice, \`o\` permissions, \`l\` a signed number of the
 * length of an address, \`z\` a size, \`x\` another number of that length.
 */
export const SYSCALL_ARGUMENTS = \`
${wrapped(kinds.map(([name, letters]) => `${name}:${letters}`))}
\`;
`,
);
