import { changeQuery } from "../../state/place.ts";

/** A field that finds some of many. */
export function SearchField(props: {
  label: string;
  hint?: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const { label, hint = label, value, onChange } = props;
  return (
    <input
      type="search"
      class="jvm-search"
      value={value}
      placeholder={hint}
      aria-label={label}
      onInput={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}

/** Keeps what is looked for in the address of the page. */
export function findBy(text: string): void {
  changeQuery({ find: text || undefined });
}
