import { isTruth, isTypedAsText } from "./java-input.ts";

/** A field for a value of Java. */
export function JavaField(props: {
  label: string;
  type: string;
  value: string;
  onChange: (text: string) => void;
}) {
  const { label, type, value, onChange } = props;
  if (isTruth(type)) {
    return (
      <select aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="false">false</option>
        <option value="true">true</option>
      </select>
    );
  }
  return (
    <input
      type="text"
      aria-label={label}
      value={value}
      placeholder={isTypedAsText(type) ? "" : "as JSON"}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  );
}
