import type { TypingWords } from "../format";

/** Who types. A long name gives way to what they do. */
export function Typing({ words }: { words: TypingWords }) {
  return (
    <span class="typing" data-testid="typing">
      <span class="ellipsis">{words.who}</span>
      <span class="typing-doing"> {words.doing}</span>
    </span>
  );
}
