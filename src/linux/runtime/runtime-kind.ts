import { basename } from "node:path";

/** What kind of program a process is, told by its executable and by the files that it has mapped. */

/** The kinds that are told apart. */
export const RUNTIME_KINDS = ["jvm", "dotnet", "node", "python", "go", "ruby", "php", "native"] as const;
/** One of them. */
export type RuntimeKind = (typeof RUNTIME_KINDS)[number];

/** A kind, and the file that shows it. */
export interface KindFound {
  readonly kind: RuntimeKind;
  /** The virtual machine of a kind that has several. */
  readonly implementation: string | null;
  /** The path as the process sees it. */
  readonly file: string;
  /** Whether that is the executable itself, or what it has loaded. */
  readonly isExecutable: boolean;
}

interface Rule {
  readonly kind: RuntimeKind;
  readonly implementation?: string;
  /** The file name of the executable. */
  readonly executable?: RegExp;
  /** What the program maps, by its file name. */
  readonly mapped?: RegExp;
}

/**
 * In their order. A virtual machine that a program brings along says more than the program's name: `tomcat-runner` is a
 * JVM. A language that a server has loaded as a module (Apache with PHP, uWSGI with Python) makes it one of that kind.
 */
const RULES: readonly Rule[] = [
  { kind: "jvm", implementation: "OpenJ9", mapped: /^libj9vm\d*\.so$/ },
  { kind: "jvm", implementation: "HotSpot", mapped: /^libjvm\.so$/ },
  { kind: "dotnet", implementation: "CoreCLR", executable: /^dotnet$/, mapped: /^libcoreclr\.so$/ },
  // A program of one file has the runtime in itself, and maps what it compiles twice, by this name.
  { kind: "dotnet", implementation: "CoreCLR", mapped: /^memfd:doublemapper$/ },
  { kind: "dotnet", implementation: "Mono", mapped: /^libmono(?:sgen)?-2\.0\.so/ },
  { kind: "node", executable: /^node(?:js)?(?:[-\d.]*)$/, mapped: /^libnode\.so/ },
  { kind: "ruby", executable: /^ruby[\d.]*$/, mapped: /^libruby[-\d.]*\.so/ },
  { kind: "php", executable: /^php(?:-fpm|-cgi|-cli)?[\d.]*$/, mapped: /^libphp[\d.]*\.so$/ },
  { kind: "python", implementation: "PyPy", executable: /^pypy[\d.]*$/, mapped: /^libpypy[\d.]*-c\.so/ },
  { kind: "python", executable: /^python[\d.]*$/, mapped: /^libpython[\d.]+[a-z]*\.so/ },
];

/** The kind by names alone; undefined where these don't tell (Go, and whatever is native). */
export function kindByNames(executable: string, mapped: Iterable<string>): KindFound | undefined {
  const files = [...mapped];
  for (const { kind, implementation = null, executable: ofExecutable, mapped: ofMapped } of RULES) {
    if (ofExecutable?.test(basename(executable)) === true) {
      return { kind, implementation, file: executable, isExecutable: true };
    }
    const file = files.find((path) => ofMapped?.test(basename(path)) === true);
    if (file !== undefined) return { kind, implementation, file, isExecutable: false };
  }
  return undefined;
}
