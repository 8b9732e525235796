import { useEffect, useMemo, useState } from "preact/hooks";
import { ask } from "../../api/ask.ts";
import { changeQuery } from "../../state/place.ts";
import { Failure } from "../../ui/failure.tsx";
import { count } from "../../ui/format.ts";
import { Waiting } from "../../ui/waiting.tsx";
import { JVM_KEEPS, JVM_PATIENCE_MS } from "./jvm-types.ts";
import { MBeanDetail } from "./mbean-detail.tsx";
import { type MBeanNode, treeOf } from "./mbean-names.ts";
import { findBy, SearchField } from "./search-field.tsx";

/** How many names of one answer, and how many are taken in all. */
const PAGE = 10_000;
const MAX_NAMES = 50_000;
const MAX_FOUND = 300;

/** The MBeans: a tree of their names with a search, and the one that is chosen. */
export function MBeans({ pid, query }: { pid: number; query: URLSearchParams }) {
  const { names, isAll, error, refresh } = useNames(pid);
  const wanted = query.get("find") ?? "";
  const chosen = query.get("mbean") ?? undefined;
  if (error !== undefined) {
    return (
      <Failure error={error}>
        <button type="button" class="quiet" onClick={refresh}>
          Try again
        </button>
      </Failure>
    );
  }
  if (names === undefined) return <Waiting whatKeepsIt={JVM_KEEPS} />;
  return (
    <div class="mbeans">
      <section aria-label="MBeans">
        <SearchField label="Find an MBean" value={wanted} onChange={findBy} />
        <p class="dim">
          {count(names.length)} MBeans{isAll ? "" : ", and more: only these are shown"}.{" "}
          <button type="button" class="quiet small" onClick={refresh}>
            Look again
          </button>
        </p>
        {wanted === "" ? (
          <All names={names} chosen={chosen} />
        ) : (
          <Found names={names} wanted={wanted} chosen={chosen} />
        )}
      </section>
      {chosen === undefined ? (
        <p class="dim">Choose an MBean to see its attributes and its operations.</p>
      ) : (
        <MBeanDetail key={chosen} pid={pid} mbean={chosen} />
      )}
    </div>
  );
}

function All({ names, chosen }: { names: readonly string[]; chosen: string | undefined }) {
  const nodes = useMemo(() => treeOf(names), [names]);
  return <Tree nodes={nodes} chosen={chosen} />;
}

function Tree({ nodes, chosen }: { nodes: readonly MBeanNode[]; chosen: string | undefined }) {
  return (
    <ul class="tree">
      {nodes.map((node) => (
        <li key={`${node.title} ${node.mbean ?? ""}`}>
          {node.nodes.length === 0 ? (
            <Name mbean={node.mbean} title={node.title} chosen={chosen} />
          ) : (
            <Branch node={node} chosen={chosen} />
          )}
        </li>
      ))}
    </ul>
  );
}

/** What is closed is not drawn: there may be thousands in it. */
function Branch({ node, chosen }: { node: MBeanNode; chosen: string | undefined }) {
  const [isOpen, setOpen] = useState(isWithin(node, chosen));
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {node.title} <span class="dim">{count(node.count)}</span>
      </summary>
      {isOpen ? (
        <>
          {node.mbean === undefined ? null : <Name mbean={node.mbean} title={node.title} chosen={chosen} />}
          <Tree nodes={node.nodes} chosen={chosen} />
        </>
      ) : null}
    </details>
  );
}

function isWithin({ mbean, nodes }: MBeanNode, chosen: string | undefined): boolean {
  return chosen !== undefined && (mbean === chosen || nodes.some((node) => isWithin(node, chosen)));
}

function Name(props: { mbean: string | undefined; title: string; chosen: string | undefined }) {
  const { mbean, title, chosen } = props;
  return (
    <button
      type="button"
      class="mbean-name"
      title={mbean}
      aria-current={mbean === chosen ? "true" : undefined}
      onClick={() => changeQuery({ mbean })}
    >
      {title}
    </button>
  );
}

function Found(props: { names: readonly string[]; wanted: string; chosen: string | undefined }) {
  const { names, wanted, chosen } = props;
  const words = wanted.toLowerCase().split(/\s+/);
  const found = names.filter((name) => words.every((word) => name.toLowerCase().includes(word)));
  if (found.length === 0) return <p>No name has that in it.</p>;
  return (
    <>
      <ul class="tree">
        {found.slice(0, MAX_FOUND).map((name) => (
          <li key={name}>
            <Name mbean={name} title={name} chosen={chosen} />
          </li>
        ))}
      </ul>
      {found.length > MAX_FOUND ? (
        <p class="dim">{count(found.length - MAX_FOUND)} more: find fewer.</p>
      ) : null}
    </>
  );
}

interface Names {
  readonly names?: readonly string[];
  readonly isAll?: boolean;
  readonly error?: unknown;
}

function useNames(pid: number): Names & { refresh: () => void } {
  const [state, setState] = useState<Names>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    readNames(pid, abort.signal).then(
      (read) => abort.signal.aborted || setState(read),
      (error: unknown) => abort.signal.aborted || setState({ error }),
    );
    return () => abort.abort();
  }, [pid, round]);
  return { ...state, refresh: () => setRound(round + 1) };
}

async function readNames(pid: number, signal: AbortSignal): Promise<Names> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: PAGE, cursor };
    const answer = await ask("GET /jvm/{pid}/mbeans", {
      ...{ params: { pid }, query, signal },
      patienceMs: JVM_PATIENCE_MS,
    });
    names.push(...answer.mbeans.map(({ mbean }) => mbean));
    cursor = answer.next ?? undefined;
  } while (cursor !== undefined && names.length < MAX_NAMES);
  return { names, isAll: cursor === undefined };
}
