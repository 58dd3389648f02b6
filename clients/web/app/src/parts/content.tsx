/**
 * What somebody wrote, as text: web addresses become links, and nothing else becomes anything.
 *
 * A few emoji alone are shown larger.
 */
import { isFewEmoji, splitLinks } from "../format";

export function Content({ text }: { text: string }) {
  return (
    <span class={isFewEmoji(text) ? "text is-emoji" : "text"}>
      {splitLinks(text).map((piece, index) =>
        index % 2 === 0 ? (
          piece
        ) : (
          <a key={index} href={piece} target="_blank" rel="noopener noreferrer nofollow">
            {piece}
          </a>
        ),
      )}
    </span>
  );
}
