import { expect, test } from "vitest";
import { kindByNames } from "../../../src/linux/runtime/runtime-kind.ts";
import { versionByNames } from "../../../src/linux/runtime/runtime-version.ts";

test.each([
  ["/usr/bin/java", "/usr/lib/jvm/java-17/lib/server/libjvm.so", "jvm", "HotSpot"],
  ["/opt/runner", "/opt/jre/lib/amd64/server/libjvm.so", "jvm", "HotSpot"],
  ["/opt/java/bin/java", "/opt/java/lib/default/libj9vm29.so", "jvm", "OpenJ9"],
  ["/usr/bin/dotnet", "/lib/libc.so.6", "dotnet", "CoreCLR"],
  ["/app/Shop", "/usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.8/libcoreclr.so", "dotnet", "CoreCLR"],
  ["/app/one-file", "/memfd:doublemapper", "dotnet", "CoreCLR"],
  ["/usr/local/bin/node", "/lib/libc.so.6", "node", null],
  ["/usr/bin/python3.11", "/lib/libc.so.6", "python", null],
  ["/usr/bin/uwsgi-core", "/usr/lib/libpython3.11.so.1.0", "python", null],
  ["/usr/local/bin/ruby", "/lib/libc.so.6", "ruby", null],
  ["/usr/sbin/php-fpm8.2", "/lib/libc.so.6", "php", null],
  ["/usr/sbin/apache2", "/usr/lib/apache2/modules/libphp8.2.so", "php", null],
])("%s that has mapped %s is of the kind %s (%s)", (executable, mapped, kind, implementation) => {
  expect(kindByNames(executable, ["/lib/ld-linux.so", mapped])).toMatchObject({ kind, implementation });
});

test("names that only look alike don't tell a kind", () => {
  for (const executable of [
    "/usr/bin/nodelay",
    "/usr/bin/pythonista",
    "/usr/bin/phpize8.2",
    "/usr/sbin/nginx",
  ]) {
    expect(
      kindByNames(executable, ["/usr/share/node/README", "/lib/libjvmx.so", "/srv/ruby/app"]),
    ).toBeUndefined();
  }
});

test.each([
  ["dotnet", "/usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.8/libcoreclr.so", "8.0.8"],
  ["python", "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0", "3.11"],
  ["python", "/usr/bin/python3.12", "3.12"],
  ["ruby", "/usr/lib/x86_64-linux-gnu/libruby-3.1.so.3.1.2", "3.1.2"],
  ["php", "/usr/sbin/php-fpm8.2", "8.2"],
  ["php", "/usr/lib/apache2/modules/libphp8.2.so", "8.2"],
  ["php", "/usr/local/lib/php/extensions/no-debug-non-zts-20230831/opcache.so", "8.3"],
] as const)("the version of %s stands in %s: %s", (kind, file, version) => {
  expect(versionByNames({ kind, file: "/usr/bin/app" }, ["/lib/libc.so.6", file])).toEqual({
    version,
    from: file,
  });
});

test("a version that no name tells is not made up", () => {
  expect(versionByNames({ kind: "python", file: "/usr/bin/python3" }, ["/lib/libc.so.6"])).toBeUndefined();
  expect(versionByNames({ kind: "php", file: "/x" }, ["/php/no-debug-zts-20990101/a.so"])).toBeUndefined();
});
