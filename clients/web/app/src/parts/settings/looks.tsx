/** How the page looks and speaks on this device. */
import { chooseLanguage, chosenLanguage, t } from "../../state/language";
import { THEMES, chooseTheme, theme } from "../../state/theme";
import { LANGUAGES } from "../../../shared/words/languages";
import { Choice, Section } from "./section";

export function Looks() {
  return (
    <Section title={t("settings.looks")}>
      <Choice
        name="theme"
        words={t("settings.theme")}
        options={THEMES.map((one) => [one, t(`settings.theme_${one || "system"}`)] as const)}
        chosen={theme.value}
        onChoose={(value) => {
          chooseTheme(THEMES.find((one) => one === value) ?? "");
        }}
      />
      <Choice
        name="language"
        words={t("settings.language")}
        options={[["", t("settings.language_system")], ...Object.entries(LANGUAGES)]}
        chosen={chosenLanguage.value}
        onChoose={(tag) => void chooseLanguage(tag)}
      />
    </Section>
  );
}
