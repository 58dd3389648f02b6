/** People that match a search; choosing one opens the conversation with them. */
import type { User } from "@parley/sdk";
import { useEffect } from "preact/hooks";

import { announce } from "../state/announcer";
import { startDirect } from "../state/chat";
import { goTo } from "../state/location";
import { peopleBesides, wordsForNobody } from "../state/search";
import { wordsOf } from "../state/server";
import type { Summary } from "../state/summaries";
import { Avatar } from "./avatar";
import { useFoundPeople } from "./found-people";
import { t } from "../state/language";

export interface PeopleProps {
  search: string;
  /** The conversations that the same search shows. */
  shown: readonly Summary[];
  me: User;
  onStarted: () => void;
}

export function People({ search, shown, me, onStarted }: PeopleProps) {
  const { people: found, error } = useFoundPeople(search);

  const start = async (user: User): Promise<void> => {
    try {
      const room = await startDirect(user.id);
      onStarted();
      goTo(room);
    } catch (problem) {
      error.value = wordsOf(problem);
    }
  };

  const count = found.value?.length;
  useEffect(() => {
    if (count === 0) announce(wordsForNobody(search, me));
    else if (count !== undefined) announce(t("list.found", { count }));
  }, [found.value]);

  const people = peopleBesides(shown, found.value ?? []);
  const areAllShown = found.value !== null && found.value.length > 0 && people.length === 0;
  if (areAllShown && !error.value) return null;
  return (
    <section aria-label={t("list.people")}>
      <h2 class="section">{t("list.people")}</h2>
      {error.value && (
        <p class="note is-error" role="alert">
          {error.value}
        </p>
      )}
      <ul class="rows" data-testid="people">
        {people.map((user) => (
          <li key={user.id}>
            <button type="button" class="row" data-testid="person" onClick={() => void start(user)}>
              <Avatar id={user.id} name={user.display_name || user.username} />
              <span class="row-text">
                <bdi class="row-name">{user.display_name || user.username}</bdi>
                <bdi class="row-preview">@{user.username}</bdi>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {found.value?.length === 0 && !error.value && (
        <p class="nobody">{wordsForNobody(search, me)}</p>
      )}
    </section>
  );
}
