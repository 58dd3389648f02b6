"""A project of somebody else who has installed the SDK: nothing of this repository is there."""

import re
import shutil
import subprocess

from dev import web
from dev.settings import ROOT

VITE = web.WEB / "node_modules" / "vite" / "bin" / "vite.js"
TSC = web.WEB / "node_modules" / "typescript" / "bin" / "tsc"
WITHIN_S = 120


class Elsewhere:
    """A folder with the packed SDK in its node_modules, and what that needs; nothing is downloaded."""

    def __init__(self, folder):
        self.folder = folder
        self.sdk = folder / "node_modules" / "@parley" / "sdk"
        packed = ("--silent", "--pack-destination", folder)
        self.run("npm", "pack", "--workspace", "sdk", *packed, cwd=web.WEB)
        self.run("npm", "pack", "./node_modules/idb", "--ignore-scripts", *packed, cwd=web.WEB)
        self.write("package.json", '{"name": "elsewhere", "private": true, "type": "module"}')
        self.run("npm", "install", "--silent", "--offline", *folder.glob("*.tgz"))

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def write_readme(self, name):
        """Put all that stands in the SDK's README there, as one module."""
        readme = (self.sdk / "README.md").read_text(encoding="utf-8")
        blocks = re.findall(r"^```ts\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
        return self.write(name, "\n".join(blocks))

    def complaints_of_tsc(self, *names):
        """Return (file, code) of each complaint of the compiler, at its strictest.

        It resolves as Node does, which is stricter than bundlers, and looks at the types of libraries.
        """
        how = ("--module", "nodenext", "--target", "es2022", "--noEmit", "--pretty", "false")
        strict = ("--strict", "--skipLibCheck", "false")
        said = self.run("node", TSC, *how, *strict, *names, check=False)
        return sorted(re.findall(r"^(?:(\S+?)\(.*)?error (TS\d+)", said, re.MULTILINE))

    def build_page(self):
        """Build the example that the package brings; return the folder of what has to be served."""
        shutil.copytree(self.sdk / "examples" / "page", self.folder / "page")
        into = ("--base", "./", "--outDir", "../built", "--logLevel", "warn")
        self.run("node", VITE, "build", "page", *into)
        return self.folder / "built"

    def run(self, *command, cwd=None, check=True):
        done = subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=web.npm_environment(),
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done.stdout


def sources():
    """Return what the SDK is written in, by its path without the ending."""
    folder = ROOT / "clients" / "web" / "sdk" / "src"
    return {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.ts")}
