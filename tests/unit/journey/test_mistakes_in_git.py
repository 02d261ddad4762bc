"""What people get wrong in Git, pushed through the whole lab: what status says, and that a commit mends it."""

from datetime import timedelta

from fairlead.app.fleet import sample_fleet
from fairlead.cli.causes import render
from fairlead.cli.terminal import Paint
from fairlead.testing.pushing import Lab, run_from_git, texts

SKIFF = "clusters/staging/skiff/"
FLEET = {path: text for path, text in texts(sample_fleet()).items() if "/harbour/" not in path}
SETTLE = timedelta(minutes=2)

# A cluster with one mistake: file, what is replaced by what, and what status must say, in this order.
Mistake = tuple[str, str, str, tuple[str, ...]]
IN_A_CLUSTER: dict[str, Mistake] = {
    "chartpath": ("cluster.yaml", "charts/capv-cluster", "charts/capv", ("HelmChart", "charts/capv: no such file")),
    "badtype": ("values.yaml", "replicas: 1", "replicas: one", ("HelmRelease", "'/controlPlane/replicas': got string")),
    "misspelt": ("values.yaml", "workers:", "worker:", ("HelmRelease", "additional properties 'worker' not allowed")),
    "noendpoint": ("values.yaml", "endpoint: ", "endpoint: # ", ("HelmRelease", "'/controlPlane'", "'endpoint'")),
    "valuesname": ("cluster.yaml", "-values", "-valuse", ("HelmRelease", 'configmaps "valuesname-valuse" not found')),
    "source": ("cluster.yaml", "name: fleet", "name: fleets", ("HelmChart", '"fleets" not found')),
    "datastore": ("values.yaml", "vcenter:", "vcenter:\n  datastore: ds7", ("VSphereVM", "datastore 'ds7' not found")),
    "network": ("values.yaml", "vcenter:", "vcenter:\n  network: VMs", ("VSphereVM", "network 'VMs' not found")),
    "template": ("values.yaml", "vcenter:", "vcenter:\n  templatePrefix: ubuntu-", ("VSphereVM", "next:", "import it")),
    "identity": ("values.yaml", "vcenter:", "vcenter:\n  identity: vcentre", ("VSphereCluster", '"vcentre" not found')),
    "cpus": ("values.yaml", "workers:", "workers:\n  cpus: 512", ("VSphereVM", "512 CPUs", "hosts have at most 64")),
    "disk": ("values.yaml", "workers:", "workers:\n  diskGiB: 5", ("VSphereVM", "next: diskGiB must be at least")),
    "cnipath": ("addons.yaml", "addons/cni", "addons/cilium", ("Kustomization", "addons/cilium: no such file")),
    "nocni": ("kustomization.yaml", "  - addons.yaml\n", "", ("Machine", "cni plugin", "next:", "nocni-kubeconfig")),
    "dependson": ("addons.yaml", "- name: dependson-cni", "- name: cni", ("Kustomization", "'staging/cni' not found")),
}  # fmt: skip


def cluster(number: int, name: str, mistake: Mistake | None) -> dict[str, str]:
    """The files of another cluster like skiff."""
    files: dict[str, str] = {}
    for path, text in FLEET.items():
        if path.startswith(SKIFF):
            other = text.replace("skiff", name).replace("192.168.20.11", f"192.168.30.{number}")
            if mistake is not None and path.endswith(f"/{mistake[0]}"):
                assert mistake[1] in other, name
                other = other.replace(mistake[1], mistake[2])
            files[path.replace("skiff", name)] = other
    return files


async def told(lab: Lab, about: str = "") -> str:
    """What status says of the causes, of all or of one cluster, as one line."""
    fleet = await lab.fleet()
    causes = [cause for cause in fleet.causes if not about or about in str(cause.id)]
    return " ".join(render(fleet, causes, lab.world.clock.now(), Paint(False), 10_000).split()) if causes else ""


def test_mistakes_in_clusters() -> None:
    """Of each the cause is told with the thing at fault; the clusters beside it come up; the right values mend it."""
    wrong = {
        path: text for i, (name, m) in enumerate(IN_A_CLUSTER.items(), 10) for path, text in cluster(i, name, m).items()
    }
    right = {path: text for i, name in enumerate(IN_A_CLUSTER, 10) for path, text in cluster(i, name, None).items()}

    async def scenario(lab: Lab) -> None:
        await lab.push(wrong)
        await lab.settle(SETTLE)
        for name, (_, _, _, words) in IN_A_CLUSTER.items():
            text, start = await told(lab, name), 0
            for word in words:
                assert word in text[start:], (name, word, text)
                start = text.index(word, start)
        assert "skiff" not in await told(lab)
        await lab.push(right)
        await lab.settle(SETTLE)
        await lab.until_ready("staging/skiff", *(f"staging/{name}" for name in IN_A_CLUSTER))

    run_from_git(scenario, FLEET)


# A commit that cannot be applied: file, what is replaced by what, and what status must say.
IN_A_COMMIT: list[Mistake] = [
    (
        f"{SKIFF}cluster.yaml",
        "spec:\n  interval",
        "spec\n  interval",
        ("line 5", "File: clusters/staging/skiff/cluster.yaml"),
    ),
    (f"{SKIFF}cluster.yaml", "valuesFrom", "valueFrom", ("staging/skiff", ".spec.valueFrom: field not declared")),
    (f"{SKIFF}cluster.yaml", "HelmRelease", "HelmReleases", ('no matches for kind "HelmReleases"',)),
    (f"{SKIFF}kustomization.yaml", "- addons.yaml", "- addon.yaml", ("skiff/addon.yaml: no such file",)),
    (f"{SKIFF}kustomization.yaml", "namespace: staging", "namespace: stagin", ('namespaces "stagin" not found',)),
    (f"{SKIFF}values.yaml", "vcenter_server", "vcentre_server", ('"vcentre_server"', "next: correct the name")),
    (f"{SKIFF}values.yaml", "v1.33.1", "v1.35.0", ("from v1.33.1 to v1.35.0", "next:", "one minor version")),
    ("charts/capv-cluster/templates/workers.yaml", ".workers.replicas", ".worker.replicas", ("workers.yaml:32:22",)),
]


def test_commits_that_cannot_be_applied() -> None:
    """Status names file or object and cause; the next commit that puts it right is enough."""

    async def scenario(lab: Lab) -> None:
        await lab.until_ready("staging/skiff")
        for path, old, new, words in IN_A_COMMIT:
            assert old in FLEET[path], (path, old)
            await lab.push({path: FLEET[path].replace(old, new)})
            await lab.settle(timedelta(seconds=30))
            text, start = await told(lab), 0
            for word in words:
                assert word in text[start:], (word, text)
                start = text.index(word, start)
            await lab.push({path: FLEET[path]})
            await lab.settle(timedelta(seconds=30))
            await lab.until_ready("staging/skiff")

    run_from_git(scenario, FLEET)
