"""HelmRepository and HelmChart in virtual time, against pages that a test holds."""

import base64
import gzip
import io
import tarfile
from collections.abc import Mapping

from fairlead.api.flux.kinds import HELM_CHART, HELM_REPOSITORY
from fairlead.base.objects import Json, get_in
from fairlead.controllers.flux.helm.fetch import FetchError
from tests.unit.flux_helm.fleet import CHART, NAMESPACE, Fleet, simulate

URL = "https://charts.example/stable"
SOURCE = {"kind": "HelmRepository", "name": "stable"}


def packed(files: Mapping[str, str], version: str) -> bytes:
    """A chart archive as `helm package` makes it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in files.items():
            data = text.replace("version: 0.1.0", f"version: {version}").encode()
            info = tarfile.TarInfo(path.removeprefix("charts/"))
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)


def index(*versions: str) -> bytes:
    entries = "".join(f"  - name: parcel\n    version: {v}\n    urls: [parcel-{v}.tgz]\n" for v in versions)
    return f"apiVersion: v1\nentries:\n  parcel:\n{entries}".encode()


def publish(fleet: Fleet, *versions: str) -> None:
    fleet.pages.pages[f"{URL}/index.yaml"] = index(*versions)
    for version in versions:
        fleet.pages.pages[f"{URL}/parcel-{version}.tgz"] = packed(CHART, version)


async def repository(fleet: Fleet, **spec: object) -> None:
    await fleet.apply(
        {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "HelmRepository",
            "metadata": {"name": "stable", "namespace": NAMESPACE},
            "spec": {"interval": "5m", "url": URL, **spec},
        }
    )


async def status(fleet: Fleet) -> Json:
    found: Json = (await fleet.client.get(HELM_REPOSITORY, "stable", NAMESPACE))["status"]
    return found


def conditions(found: Json) -> list[tuple[str, str, str]]:
    return [(item["type"], item["status"], item["reason"]) for item in found["conditions"]]


def test_newest_version_in_the_range_is_released() -> None:
    """A range follows the repository; a new version is a new revision after the interval."""

    async def scenario(fleet: Fleet) -> None:
        publish(fleet, "0.9.0", "1.2.0", "1.10.0", "2.0.0")
        await repository(fleet)
        await fleet.release(chart={"chart": "parcel", "version": "1.x", "sourceRef": SOURCE})
        await fleet.settle()
        assert conditions(await status(fleet)) == [
            ("Ready", "True", "Succeeded"),
            ("ArtifactInStorage", "True", "Succeeded"),
        ]
        chart = (await fleet.chart())["status"]
        assert chart["artifact"]["path"] == "helmchart/team/team-app/parcel-1.10.0.tgz"
        assert chart["conditions"][0]["message"] == "pulled 'parcel' chart with version '1.10.0'"
        assert (await fleet.get())["status"]["history"][0]["chartVersion"] == "1.10.0"
        publish(fleet, "1.10.0", "1.11.0")
        await fleet.settle(301)
        assert (await fleet.get())["status"]["history"][0]["chartVersion"] == "1.11.0"

    simulate(scenario)


def test_unchanged_index_is_not_read_again() -> None:
    """The repository is asked with the mark of the last answer, and nothing is written."""

    async def scenario(fleet: Fleet) -> None:
        publish(fleet, "1.0.0")
        await repository(fleet)
        await fleet.settle()
        before = fleet.revision
        await fleet.settle(3600)
        assert fleet.revision == before
        assert len(fleet.pages.asked) == 13
        assert all(marks for _, _, marks in fleet.pages.asked[1:])

    simulate(scenario)


def test_repository_that_does_not_answer() -> None:
    """The condition names the URL and the cause; nothing is tried hotly; it heals by itself."""

    async def scenario(fleet: Fleet) -> None:
        await repository(fleet)
        await fleet.settle(60)
        found = await status(fleet)
        assert conditions(found) == [
            ("Reconciling", "True", "ProgressingWithRetry"),
            ("Ready", "False", "Failed"),
            ("FetchFailed", "True", "Failed"),
        ]
        text = (
            "failed to fetch Helm repository index: failed to cache index to temporary file: "
            f"failed to fetch {URL}/index.yaml : 404 Not Found"
        )
        assert found["conditions"][1]["message"] == text
        assert len(fleet.pages.asked) < 10
        assert await fleet.events("HelmRepository") == [("Failed", text)]
        publish(fleet, "1.0.0")
        await fleet.settle(20)
        assert conditions(await status(fleet))[0] == ("Ready", "True", "Succeeded")

    simulate(scenario)


def test_broken_index_is_named() -> None:
    """What is no index is said to be none."""

    async def scenario(fleet: Fleet) -> None:
        fleet.pages.pages[f"{URL}/index.yaml"] = b"entries: [\n"
        await repository(fleet)
        await fleet.settle()
        found = await status(fleet)
        assert conditions(found)[1] == ("Ready", "False", "IndexationFailed")
        assert found["conditions"][1]["message"].startswith("failed to load Helm repository from index YAML: ")

    simulate(scenario)


def test_oci_repositories_say_what_to_do() -> None:
    """Not supported yet: stalled, with the way out."""

    async def scenario(fleet: Fleet) -> None:
        await repository(fleet, url="oci://registry.example/charts", type="oci")
        await fleet.settle()
        found = await status(fleet)
        assert conditions(found)[0] == ("Stalled", "True", "UnsupportedType")
        assert "oci://registry.example/charts" in found["conditions"][0]["message"]
        assert fleet.pages.asked == []

    simulate(scenario)


def test_credentials_stay_with_the_repository() -> None:
    """User and password go to the repository's host, not to another that its index names."""

    async def scenario(fleet: Fleet) -> None:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login", "namespace": NAMESPACE}}
        data = {"username": base64.b64encode(b"me").decode(), "password": base64.b64encode(b"pw").decode()}
        await fleet.apply({**secret, "data": data})
        elsewhere = "https://cdn.example/parcel-1.0.0.tgz"
        fleet.pages.pages[f"{URL}/index.yaml"] = index("1.0.0").replace(b"parcel-1.0.0.tgz", elsewhere.encode())
        fleet.pages.pages[elsewhere] = packed(CHART, "1.0.0")
        await repository(fleet, secretRef={"name": "login"})
        await fleet.release(chart={"chart": "parcel", "sourceRef": SOURCE})
        await fleet.settle()
        assert [(url, access.username, access.password) for url, access, _ in fleet.pages.asked] == [
            (f"{URL}/index.yaml", "me", "pw"),
            (elsewhere, "", ""),
        ]
        assert (await fleet.conditions())["Ready"][0] == "True"

    simulate(scenario)


def test_missing_version_is_named() -> None:
    """The chart's condition says which version was wanted; a published one heals it at once."""

    async def scenario(fleet: Fleet) -> None:
        publish(fleet, "1.0.0")
        await repository(fleet)
        await fleet.release(chart={"chart": "parcel", "version": "9.x", "sourceRef": SOURCE})
        await fleet.settle()
        message = (await fleet.chart())["status"]["conditions"][0]["message"]
        assert message == (
            "invalid chart reference: failed to get chart version for remote reference: "
            "no 'parcel' chart with version matching '9.x' found"
        )
        publish(fleet, "1.0.0", "9.1.0")
        await fleet.settle(301)
        assert (await fleet.conditions())["Ready"][0] == "True"

    simulate(scenario)


def test_damaged_package_is_refused() -> None:
    """A package whose digest is not the index's is not installed."""

    async def scenario(fleet: Fleet) -> None:
        publish(fleet, "1.0.0")
        page = fleet.pages.pages[f"{URL}/index.yaml"]
        fleet.pages.pages[f"{URL}/index.yaml"] = page.replace(b"    urls", b"    digest: abc\n    urls")
        await repository(fleet)
        await fleet.release(chart={"chart": "parcel", "sourceRef": SOURCE})
        await fleet.settle()
        reasons = [item["reason"] for item in (await fleet.chart())["status"]["conditions"]]
        assert "ChartPullError" in reasons
        assert get_in(await fleet.get(), "status", "history") is None

    simulate(scenario)


def test_values_files_become_the_defaults() -> None:
    """Files named in valuesFiles are merged in order; the version says which generation did it."""

    async def scenario(fleet: Fleet) -> None:
        files = {"charts/parcel/production.yaml": "color: gold\n", "shared.yaml": "extra: {a: '1'}\n"}
        await fleet.source({**CHART, **files})
        wanted = ["charts/parcel/values.yaml", "charts/parcel/production.yaml", "shared.yaml"]
        await fleet.release(chart={"valuesFiles": wanted})
        await fleet.settle()
        assert (await fleet.chart())["status"]["artifact"]["revision"] == "0.1.0+1"
        assert await fleet.data() == {"a": "1", "color": "gold", "revision": "1"}
        source = {"kind": "GitRepository", "name": "src"}
        spec = {"chart": "./charts/parcel", "sourceRef": source, "valuesFiles": ["none.yaml"]}
        await fleet.patch(spec={"chart": {"spec": spec}})
        await fleet.settle()
        chart = (await fleet.chart())["status"]["conditions"]
        assert [(item["type"], item["reason"]) for item in chart[:2]] == [
            ("Stalled", "ValuesFilesError"),
            ("Ready", "ValuesFilesError"),
        ]

    simulate(scenario)


def test_chart_can_be_named_by_reference() -> None:
    """chartRef to a HelmChart: none is made, and its artifact is used."""

    async def scenario(fleet: Fleet) -> None:
        await fleet.source(CHART)
        source = {"kind": "GitRepository", "name": "src"}
        await fleet.apply(
            {
                "apiVersion": "source.toolkit.fluxcd.io/v1",
                "kind": "HelmChart",
                "metadata": {"name": "own", "namespace": NAMESPACE},
                "spec": {"interval": "10m", "chart": "charts/parcel", "sourceRef": source},
            }
        )
        await fleet.release(chartRef={"kind": "HelmChart", "name": "own"})
        await fleet.settle()
        assert (await fleet.conditions())["Ready"][0] == "True"
        assert [item["metadata"]["name"] for item in (await fleet.client.list(HELM_CHART)).items] == ["own"]

    simulate(scenario)


def test_local_dependency_is_packed() -> None:
    """A `file://` dependency beside the chart comes along; a remote one that is not in charts/ is named."""

    async def scenario(fleet: Fleet) -> None:
        library = {
            "charts/base/Chart.yaml": "apiVersion: v2\nname: base\nversion: 1.0.0\n",
            "charts/base/templates/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-base}\n",
        }
        wants = "dependencies:\n  - {name: base, version: 1.x, repository: 'file://../base'}\n"
        main = {"charts/parcel/Chart.yaml": CHART["charts/parcel/Chart.yaml"] + wants}
        await fleet.source({**CHART, **library, **main})
        await fleet.release()
        await fleet.settle()
        entries = (await fleet.get())["status"]["inventory"]["entries"]
        assert [entry["id"] for entry in entries] == ["team_from-base__ConfigMap", "team_app-config__ConfigMap"]
        remote = main["charts/parcel/Chart.yaml"].replace("file://../base", "https://x.example")
        await fleet.source({**CHART, "charts/parcel/Chart.yaml": remote.replace("0.1.0", "0.2.0")}, commit="2" * 40)
        await fleet.settle()
        ready = (await fleet.chart())["status"]["conditions"][1]
        assert (ready["reason"], "https://x.example" in ready["message"]) == ("DependencyBuildError", True)

    simulate(scenario)


def test_refused_download_is_an_authentication_failure() -> None:
    """401 for the package: the chart says that credentials are the cause."""

    async def scenario(fleet: Fleet) -> None:
        publish(fleet, "1.0.0")
        del fleet.pages.pages[f"{URL}/parcel-1.0.0.tgz"]
        fleet.pages.errors[f"{URL}/parcel-1.0.0.tgz"] = FetchError("401 Unauthorized", 401)
        await repository(fleet)
        await fleet.release(chart={"chart": "parcel", "sourceRef": SOURCE})
        await fleet.settle()
        reasons = {item["type"]: item["reason"] for item in (await fleet.chart())["status"]["conditions"]}
        assert reasons["FetchFailed"] == "AuthenticationFailed"

    simulate(scenario)


def test_chart_that_is_to_be_verified_is_not_used_unchecked() -> None:
    """Signatures cannot be judged yet: the chart is refused."""

    async def scenario(fleet: Fleet) -> None:
        publish(fleet, "1.0.0")
        await repository(fleet)
        await fleet.release(chart={"chart": "parcel", "sourceRef": SOURCE, "verify": {"provider": "cosign"}})
        await fleet.settle()
        assert conditions((await fleet.chart())["status"])[0] == ("Stalled", "True", "ChartVerificationError")
        assert "signatures of 'cosign' cannot be checked" in (await fleet.conditions())["Ready"][2]
        assert await fleet.records() == []

    simulate(scenario)
