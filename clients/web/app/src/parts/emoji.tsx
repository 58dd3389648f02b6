/** A small choice of emoji: the rest comes from the keyboard of the device. */
import { useRef } from "preact/hooks";

import { EmojiIcon } from "./icons";
import { t } from "../state/language";
import type { PlainKey } from "../../shared/words/words";

/** The distance between the button and what it opens, in px. */
const GAP = 14;

const GROUPS: readonly (readonly [name: PlainKey, emoji: string])[] = [
  ["emoji.faces", "😀 😄 😁 😅 😂 🙂 😉 😊 😍 😘 😎 🤓 🤔 😏 😴 😌 😮 😢 😭 😡 🥳 🤯 🙄 😇"],
  ["emoji.hands", "👍 👎 👌 👏 🙌 🙏 👋 🤝 💪 🤞 ✌️ 👀 ❤️ 🧡 💛 💚 💙 💜 💔 ✨"],
  ["emoji.things", "🎉 🎂 ☕ 🍕 🍺 🌞 🌧️ 🔥 ⭐ 🚀 🐛 🔧 💡 📌 📎 📅 ⏰ ✅ ❌ ❓ ❗ 💬 🔒 🔔"],
];

export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const button = useRef<HTMLButtonElement>(null);
  // It stands above everything else, so its place has to be given.
  const place = (picker: HTMLElement): void => {
    const at = button.current?.getBoundingClientRect();
    if (at === undefined) return;
    picker.style.inset = `auto auto ${window.innerHeight - at.top + GAP}px ${at.left}px`;
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class="icon-button emoji-button"
        aria-label={t("emoji.label")}
        title={t("emoji.label")}
        data-testid="emoji"
        popovertarget="emoji"
      >
        <EmojiIcon />
      </button>
      <div
        class="emoji"
        id="emoji"
        popover="auto"
        aria-label={t("emoji.label")}
        role="dialog"
        onBeforeToggle={(event) => {
          place(event.currentTarget);
        }}
      >
        {GROUPS.map(([name, all]) => (
          <section key={name} aria-label={t(name)}>
            <h2 class="emoji-group">{t(name)}</h2>
            <div class="emoji-rows">
              {all.split(" ").map((emoji) => (
                <button
                  key={emoji}
                  type="button"
                  popovertarget="emoji"
                  popovertargetaction="hide"
                  onClick={() => {
                    onPick(emoji);
                  }}
                >
                  {emoji}
                </button>
              ))}
            </div>
          </section>
        ))}
      </div>
    </>
  );
}
