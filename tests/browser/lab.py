"""A real JupyterLab server and a real Chromium, cut off from every other host: what the browser tests and the
benchmark stand on."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from lessons.zoo.manifest import cache

REPO = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DARK, LIGHT = "JupyterLab Dark", "JupyterLab Light"


def find_browser() -> str | None:
    """Return the path of the system's Chromium or Chrome, or None. ``UNROLLED_CHROME`` names another."""
    found = os.environ.get("UNROLLED_CHROME") or next(filter(None, map(shutil.which, NAMES)), None)
    return found or (MAC_CHROME if os.path.exists(MAC_CHROME) else None)


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Lab:
    """A running server whose files lie in ``root``."""

    def __init__(self, root: Path, address: str) -> None:
        self.root, self.address = root, address

    def write(self, name: str, *cells: str) -> str:
        """Put a notebook with these code cells into the server's folder; return its name."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.root / name)
        return name

    def copy(self, path: Path) -> str:
        """Put a copy of a notebook of ours into the server's folder; return its name."""
        shutil.copy(path, self.root / path.name)
        return path.name


@contextmanager
def lab_server(folder: Path, extra_env: dict[str, str] | None = None) -> Iterator[Lab]:
    """Start JupyterLab with an empty home in ``folder``, and end exactly that process afterwards."""
    home, root = folder / "home", folder / "root"
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    for path in (settings, root):
        path.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    env = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTEST", "UNROLLED"))}
    env |= {
        "HOME": str(home), "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "JUPYTER_WIDGETS_ECHO": "0",
        "OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "UNROLLED_HOME": str(home / "unrolled"),
        "PYTHONPATH": str(REPO), "PYTHONDONTWRITEBYTECODE": "1", "UNROLLED_CACHE": str(cache()),
    }  # fmt: skip
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser",
               f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=",
               f"--ServerApp.root_dir={root}", "--ServerApp.disable_check_xsrf=True"]  # fmt: skip
    with (folder / "lab.log").open("w") as log:
        process = subprocess.Popen(command, cwd=root, env=env | (extra_env or {}), stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(f"{address}/api", process, folder / "lab.log")
            yield Lab(root, address)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(address: str, process: subprocess.Popen, log: Path, seconds: float = 90) -> None:
    """Wait until ``address`` answers; when ``process`` ends or the time is up, raise with the end of its log."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(address, timeout=2).read()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not answer within {seconds:g} s. Its last words:\n{log.read_text()[-3000:]}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, and end it afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Notebook:
    """A notebook that stands open in a page. Keeps what went wrong: foreign requests and console errors."""

    def __init__(self, page: Page, lab: Lab, name: str) -> None:
        self.page, self.lab, self.name = page, lab, name
        self.foreign: list[str] = []
        self.errors: list[str] = []
        self.bytes_received = 0
        page.route("**/*", self._route)
        page.on(
            "console",
            lambda m: m.type == "error" and self.errors.append(f"{m.text} {m.location.get('url', '')}"),
        )
        page.on("pageerror", lambda e: self.errors.append(f"{e.message}\n{e.stack or ''}"))
        page.on("dialog", lambda d: (self.errors.append(f"dialog: {d.message}"), d.dismiss()))
        page.on("websocket", lambda ws: ws.on("framereceived", self._count))

    def _route(self, route) -> None:
        url = route.request.url
        if url.startswith((self.lab.address, "data:", "blob:")):
            route.continue_()
        else:
            self.foreign.append(url)
            route.abort()

    def _count(self, payload: bytes | str) -> None:
        self.bytes_received += len(payload)

    def open(self) -> "Notebook":
        """Load JupyterLab on this notebook."""
        self.page.goto(f"{self.lab.address}/lab/tree/{self.name}?reset")
        return self.ready()

    def ready(self) -> "Notebook":
        """Wait for the notebook and its kernel; close the side bar."""
        page = self.page
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady", timeout=90_000)
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'",
            timeout=90_000,
        )
        return self

    def command(self, name: str, **arguments: object) -> None:
        """Execute a command of JupyterLab's."""
        self.page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args)", [name, arguments])

    def run_all(self, timeout: float = 120) -> None:
        """Run all cells and wait until the kernel is idle and every code cell has its number."""
        self.page.evaluate(
            "() => { window.ran = window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => 'ran'); }"
        )
        with self.page.expect_console_message(lambda m: m.text == "unrolled-ran", timeout=timeout * 1000):
            self.page.evaluate("() => { window.ran.then(() => console.log('unrolled-ran')); }")
        self.page.wait_for_timeout(300)

    def to_top(self) -> None:
        """Scroll to the first cell (JupyterLab draws only what is near the view)."""
        self.page.evaluate("() => { document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0; }")
        self.page.wait_for_timeout(200)

    def theme(self, name: str) -> None:
        """Change the theme and wait until the page says so."""
        self.command("apputils:change-theme", theme=name)
        light = "false" if name == DARK else "true"
        self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
        self.page.wait_for_timeout(300)

    def our_errors(self) -> list[str]:
        """Console errors but for those of JupyterLab itself, each named here with its reason."""
        known = (
            "favicon",  # the page's own icon, refused while a server ends
            "api/translations",  # JupyterLab asks for a language pack that is not there
            "/lsp/",  # JupyterLab asks for language servers, none is installed
        )
        return [e for e in self.errors if not any(k in e for k in known)]


@contextmanager
def open_notebook(browser: Browser, lab: Lab, name: str, width: int = 1280, height: int = 900) -> Iterator[Notebook]:
    """Open ``name`` in a fresh page; shut its kernel down afterwards."""
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    notebook = Notebook(context.new_page(), lab, name)
    try:
        yield notebook.open()
    finally:
        try:
            notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
            notebook.page.wait_for_timeout(200)
        finally:
            context.close()


def painted(root: Locator) -> int:
    """Return how often an instrument has drawn itself."""
    return int(root.get_attribute("data-painted") or 0)


def wait_painted(root: Locator, before: int, timeout: float = 10) -> None:
    """Wait until an instrument has drawn itself again."""
    handle = root.element_handle()
    root.page.wait_for_function(
        "([e, n]) => Number(e.dataset.painted) > n", arg=[handle, before], timeout=timeout * 1000
    )


def picture(root: Locator) -> str:
    """Return what an instrument shows, as text that differs when the picture does."""
    return root.evaluate(
        """e => [...e.querySelectorAll('canvas')].map(c => c.toDataURL()).join() +
        [...e.querySelectorAll('.unrolled-token, .unrolled-bar')].map(x => x.getAttribute('style')).join() +
        [...e.querySelectorAll('.unrolled-plot path')].map(x => x.getAttribute('d')).join() + e.innerText"""
    )
