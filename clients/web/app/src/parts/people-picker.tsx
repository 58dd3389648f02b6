/** Choosing people: a field to find them, whom it finds, and who is chosen. */
import type { User } from "@parley/sdk";
import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { announce } from "../state/announcer";
import { Avatar } from "./avatar";
import { useFoundPeople } from "./found-people";
import { CloseIcon, SearchIcon } from "./icons";
import { t } from "../state/language";

export interface PeoplePickerProps {
  chosen: Signal<readonly User[]>;
  /** The ids of those who are not offered. */
  besides: ReadonlySet<string>;
}

export function PeoplePicker({ chosen, besides }: PeoplePickerProps) {
  const search = useSignal("");
  const field = useRef<HTMLInputElement>(null);
  const { people, error } = useFoundPeople(search.value.trim());

  const isChosen = (user: User): boolean => chosen.value.some(({ id }) => id === user.id);
  const count = people.value?.length;
  useEffect(() => {
    if (count !== undefined) announce(t("list.found", { count }));
  }, [people.value]);
  const offered = (people.value ?? []).filter((user) => !besides.has(user.id) && !isChosen(user));
  return (
    <div class="picker">
      {chosen.value.length > 0 && (
        <ul class="chips" aria-label={t("group.chosen")} data-testid="chosen">
          {chosen.value.map((user) => (
            <li key={user.id}>
              <bdi>{nameFor(user)}</bdi>
              <button
                type="button"
                class="icon-button small"
                aria-label={t("group.not", { name: nameFor(user) })}
                onClick={() => {
                  chosen.value = chosen.value.filter(({ id }) => id !== user.id);
                }}
              >
                <CloseIcon />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="search">
        <SearchIcon />
        <input
          type="search"
          ref={field}
          aria-label={t("group.find")}
          placeholder={t("list.find_hint")}
          data-testid="find-people"
          autocomplete="off"
          maxLength={80}
          value={search.value}
          onInput={(event) => (search.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            // The form around it is sent by its button.
            if (event.key === "Enter") event.preventDefault();
          }}
        />
      </div>
      {error.value && (
        <p class="field-error" role="alert">
          {error.value}
        </p>
      )}
      <ul class="rows">
        {offered.map((user) => (
          <li key={user.id}>
            <button
              type="button"
              class="row"
              data-testid="candidate"
              onClick={() => {
                chosen.value = [...chosen.value, user];
                search.value = "";
                field.current?.focus();
              }}
            >
              <Avatar id={user.id} name={nameFor(user)} size="s" />
              <span class="row-text">
                <bdi class="row-name">{nameFor(user)}</bdi>
                <bdi class="row-preview">@{user.username}</bdi>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function nameFor(user: User): string {
  return user.display_name || user.username;
}
