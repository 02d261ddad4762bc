"""Where HelmReleases and HelmCharts of ours differ from the recorded ones on purpose, and why."""

EARLY = "ours went on the moment its dependency was ready, 24 s before the recorded status was put in place by hand"
FRESH = "ours repeats what the HelmChart says now, not what it said before"
PURE = "what only depends on unchanged inputs is not tried again until they change or the interval is over"
QUIET = "an artifact that stays as it was is no event at every look"
AT_ONCE = "ours says so after each of the two edits, not once for both"
ROWS: tuple[tuple[str, str, str, str], ...] = (  # scenario, object, path, reason
    ("f[56]-*", "HelmChart/*", "event Normal ArtifactUpToDate", QUIET),
    ("f[56]-*", "HelmChart/*", "event Normal GarbageCollectionSucceeded", "storage is memory: nothing is collected"),
    ("f5-depends-on", "*high*", "*", EARLY),
    ("f5-missing-chart", "HelmRelease/*", "status.conditions[[]Ready].message", FRESH),
    ("f5-template-error", "HelmRelease/app", "status.failures", PURE),
    ("f5-values-schema", "HelmRelease/app", "status.failures", PURE),
    ("f6-drift-helmrelease", "HelmRelease/app", "event Warning DriftDetected", AT_ONCE),
)
