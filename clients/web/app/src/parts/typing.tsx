import type { TypingWords } from "../format";
import { Words } from "./words";

/** Who types. A long name gives way to what they do. */
export function Typing({ words }: { words: TypingWords }) {
  return (
    <span class="typing" data-testid="typing">
      <Words of={words.of} who={<bdi class="ellipsis">{words.who}</bdi>} />
    </span>
  );
}
