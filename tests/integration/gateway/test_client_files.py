"""The browser client as it is served: to any page, as a module, and only what was built."""

from __future__ import annotations

import re

import pytest

from tests.integration.gateway.harness import Running, assert_problem

FILES = ("pavilion-client.js", "pavilion-inbox.js")


@pytest.mark.parametrize("name", FILES)
async def test_any_page_may_import_it(server: Running, name: str) -> None:
    response = await server.http.get(f"/client/{name}", headers={"origin": "https://anywhere.example.com"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_what_a_browser_has_is_not_sent_again(server: Running) -> None:
    first = await server.http.get(f"/client/{FILES[0]}")
    assert first.headers["cache-control"] == "no-cache"
    again = await server.http.get(f"/client/{FILES[0]}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await server.http.get(f"/client/{FILES[1]}", headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("name", ["index.html", "package.json", "..%2Fdemo%2Findex.html", "%2e%2e", "pavilion-client"])
async def test_nothing_else_is_there(server: Running, name: str) -> None:
    assert_problem(await server.http.get(f"/client/{name}"), 404)


async def test_modules_import_each_other_from_where_they_are_served(server: Running) -> None:
    for path in ("/client/pavilion-client.js", "/client/pavilion-inbox.js", "/page/page.js"):
        text = (await server.http.get(path)).text
        for module in re.findall(r"""(?m)^import [^"']*["']([^"']+)["']""", text):
            assert (await server.http.get(str(server.http.base_url.join(path).join(module)))).status_code == 200, module


@pytest.mark.parametrize("origin", ["https://app.example.com", "https://evil.example.com"])
async def test_rest_is_for_pages_of_listed_origins(server: Running, user: str, origin: str) -> None:
    asks = {"access-control-request-method": "PATCH", "access-control-request-headers": "authorization,content-type"}
    preflight = await server.http.options("/v1/counts", headers={"origin": origin, **asks})
    answer = await server.http.get("/v1/counts", headers={"origin": origin, **await server.bearer(user)})
    listed = origin == "https://app.example.com"
    assert preflight.status_code == (200 if listed else 400)
    for response in (preflight, answer):
        assert response.headers.get("access-control-allow-origin") == (origin if listed else None)
        assert "access-control-allow-credentials" not in response.headers
