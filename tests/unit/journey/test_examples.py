"""What stands in examples/, pushed through the whole lab from Git as its pages say."""

from datetime import timedelta
from pathlib import Path

from fairlead.app.fleet import empty_fleet, sample_fleet
from fairlead.testing.pushing import Lab, folder, run_from_git, texts

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_sample_fleet() -> None:
    """Both clusters and their apps are Ready; what is taken out of Git leaves no VM."""

    async def scenario(lab: Lab) -> None:
        await lab.until_ready("production/harbour", "staging/skiff")
        assert len(lab.vms()) == 7
        await lab.push({}, tuple(path for path in sample_fleet() if path.startswith("clusters/staging/skiff/")))
        await lab.until_ready("production/harbour")
        assert {name.partition("-")[0] for name in lab.vms()} == {"harbour"}

    run_from_git(scenario, texts(sample_fleet()))


def lab_of_classes() -> dict[str, str]:
    """The moves and changes of docs/clusterclass.md, "Try it in the lab"."""
    files = {f"clusterclass/{path}": text for path, text in folder(EXAMPLES / "clusterclass").items()}
    files["clusters/fleet.yaml"] = files.pop("clusterclass/lab/fleet.yaml")
    files["clusterclass/clusters/blue-cni.yaml"] = files.pop("clusterclass/lab/blue-cni.yaml")
    classes = "clusterclass/classes/standard.yaml"
    changed = files[classes].replace("vcenter.test", "${vcenter_server}")
    files[classes] = changed.replace("kind: Secret", "kind: VSphereClusterIdentity")
    return files


def test_clusterclass_in_the_lab() -> None:
    """The class comes, the cluster is made from it and Ready; scaled by a commit; ended by another, to the last VM."""

    async def scenario(lab: Lab) -> None:
        await lab.until_ready()
        files = lab_of_classes()
        assert not [path for path in files if path.startswith("clusterclass/lab/")], "the page leaves a file out"
        await lab.push(files)
        took = await lab.until_ready("fleet/blue")
        assert took < timedelta(minutes=5)
        assert len(lab.vms()) == 3
        cluster = files["clusterclass/clusters/blue.yaml"]
        assert "replicas: 2" in cluster
        await lab.push({"clusterclass/clusters/blue.yaml": cluster.replace("replicas: 2", "replicas: 3")})
        await lab.settle(timedelta(seconds=2))
        await lab.until_ready("fleet/blue")
        assert len(lab.vms()) == 4
        await lab.push({}, tuple(files))
        await lab.until_ready()
        assert lab.vms() == set()

    run_from_git(scenario, texts(empty_fleet()))
