import { useMemo } from "preact/hooks";
import { useAnswer } from "../../api/use-answer.ts";
import { changeQuery } from "../../state/place.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Output } from "../../ui/output.tsx";
import { headsOf, ScrollTable } from "../../ui/scroll-table.tsx";
import type { ViewProps } from "../view.ts";
import { type ListedRoute, readRoutes } from "./read-routes.ts";

/** The API that this page is made of, for whoever wants the same in a program or a shell. */
export function Api({ place: { query } }: ViewProps) {
  const document = useAnswer("GET /openapi.json");
  const wanted = query.get("find") ?? "";
  return (
    <>
      <h1>The API</h1>
      <p>
        Whatever this page shows and does, it asks this API; so can you. All of it is in the{" "}
        <a href="./openapi.json">OpenAPI document</a>.
      </p>
      <Shell />
      <div class="bar">
        <label>
          Find{" "}
          <input
            type="search"
            value={wanted}
            onInput={({ currentTarget: { value } }) =>
              changeQuery({ find: value === "" ? undefined : value })
            }
          />
        </label>
      </div>
      <Loaded of={document}>{(value) => <Routes document={value} wanted={wanted.toLowerCase()} />}</Loaded>
    </>
  );
}

function Shell() {
  const text = [
    "TOKEN='the token you signed in with'",
    `curl --cacert ca.crt -H "Authorization: Bearer $TOKEN" ${new URL("./capabilities", location.href)}`,
  ].join("\n");
  return (
    <>
      <p>
        From a shell, where the certificate is one that the sidecar made itself, with its{" "}
        <a href="./certificate/ca">CA</a>:
      </p>
      <Output text={text} />
      <CopyButton text={text} what="the commands" />
    </>
  );
}

function Routes({ document, wanted }: { document: Readonly<Record<string, unknown>>; wanted: string }) {
  const routes = useMemo(() => readRoutes(document), [document]);
  const shown = routes.filter(({ method, path, summary, feature }) =>
    `${method} ${path} ${summary} ${feature}`.toLowerCase().includes(wanted),
  );
  if (shown.length === 0) return <p>No route has this in its path or its description.</p>;
  return (
    <ScrollTable label="Routes" heads={headsOf(["Route", "For", "What"])}>
      {shown.map((route) => (
        <tr key={`${route.method} ${route.path}`}>
          <td class="nowrap mono">
            <RouteName route={route} />
          </td>
          <td>{route.role === "open" ? "anyone" : route.role}</td>
          <td>{route.summary}</td>
        </tr>
      ))}
    </ScrollTable>
  );
}

function RouteName({ route: { method, path, isLink } }: { route: ListedRoute }) {
  const name = `${method} ${path === "" ? "/" : path}`;
  return isLink && path.length > 1 ? <a href={`.${path}`}>{name}</a> : <span>{name}</span>;
}
