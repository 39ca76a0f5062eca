"""A published run for other people's tools: Workflow Run RO-Crate, and CODECHECK's list of outputs.

Sources: Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5), RO-Crate 1.1;
https://codecheck.org.uk/spec/config/1.0.
"""

from collections.abc import Mapping

FILE, CODECHECK = "ro-crate-metadata.json", "codecheck.yml"
_RO = "https://w3id.org/ro/wfrun"
PROFILES = [
    {"@id": f"{_RO}/process/0.5", "name": "Process Run Crate", "version": "0.5"},
    {"@id": f"{_RO}/workflow/0.5", "name": "Workflow Run Crate", "version": "0.5"},
    {
        "@id": "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
        "name": "Workflow RO-Crate",
        "version": "1.0",
    },
]
LICENCE = "https://spdx.org/licenses/MIT"
DEVELOPERS = "#developers"
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
FORMATS = {
    "csv": "text/csv", "gz": "application/gzip", "webp": "image/webp", "md": "text/markdown",
    "html": "text/html", "json": "application/json",
}  # fmt: skip


def run_crate(manifest: Mapping) -> dict:
    """Return the crate of one run of the workflow, as JSON-LD.

    The workflow itself is named by its place in the repository, two folders up, and its commit.
    """
    commit = manifest["git"]["commit"] or "outside git"
    files = [
        {
            "@id": name,
            "@type": "File",
            "name": name,
            "contentSize": str(facts["bytes"]),
            "sha256": facts["sha256"],
            "encodingFormat": FORMATS[name.rsplit(".", 1)[1]],
        }
        for name, facts in manifest["files"].items()
    ]
    outputs = [{"@id": file["@id"]} for file in files]
    workflow = "../../Snakefile"
    return {
        "@context": [
            "https://w3id.org/ro/crate/1.1/context",
            "https://w3id.org/ro/terms/workflow-run/context",
        ],
        "@graph": [
            {
                "@id": FILE,
                "@type": "CreativeWork",
                "conformsTo": [
                    {"@id": "https://w3id.org/ro/crate/1.1"},
                    {"@id": PROFILES[2]["@id"]},
                ],
                "about": {"@id": "./"},
            },
            {
                "@id": "./",
                "@type": "Dataset",
                "name": f"flowbounds: results at the {manifest['scale']} scale",
                "description": "Verdicts, tables and figures of a finished run of flowbounds, "
                "which rebuilds the plots of two theory papers on flow matching and tests their "
                "claims.",
                "license": {"@id": LICENCE},
                "author": {"@id": DEVELOPERS},
                "datePublished": manifest["made"],
                "conformsTo": [{"@id": profile["@id"]} for profile in PROFILES],
                "hasPart": [{"@id": workflow}, *outputs],
                "mainEntity": {"@id": workflow},
                "mentions": {"@id": "#run"},
            },
            {
                "@id": workflow,
                "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
                "name": "flowbounds",
                "version": commit,
                "programmingLanguage": {"@id": SNAKEMAKE},
                "encodingFormat": "text/plain",
            },
            {
                "@id": SNAKEMAKE,
                "@type": "ComputerLanguage",
                "name": "Snakemake",
                "identifier": {"@id": "https://snakemake.readthedocs.io"},
                "url": {"@id": "https://snakemake.readthedocs.io"},
            },
            {
                "@id": "#run",
                "@type": "CreateAction",
                "name": f"Snakemake at the {manifest['scale']} scale, commit {commit}",
                "description": "All tables, verdicts and figures, from the configuration alone.",
                "agent": {"@id": DEVELOPERS},
                "endTime": manifest["made"],
                "instrument": {"@id": workflow},
                "result": outputs,
                "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
            },
            {
                "@id": DEVELOPERS,
                "@type": "Organization",
                "name": "the flowbounds developers",
            },
            {
                "@id": LICENCE,
                "@type": "CreativeWork",
                "name": "MIT License",
            },
            *({"@type": "CreativeWork"} | profile for profile in PROFILES),
            *files,
        ],
    }


def codecheck(manifest: Mapping) -> dict:
    """Return what CODECHECK's configuration asks of authors: which outputs are to be reproduced."""
    checked = [name for name in manifest["files"] if name.endswith((".webp", ".csv", ".gz"))]
    return {
        "version": "https://codecheck.org.uk/spec/config/1.0/",
        "paper": {
            "title": "flowbounds: rebuilding the plots of theory papers on flow matching",
            "reference": ["https://arxiv.org/abs/2606.10089", "https://arxiv.org/abs/2409.08311"],
        },
        "manifest": [{"file": name, "comment": _comment(name)} for name in checked],
        "source": f"commit {manifest['git']['commit']}; make check compares a run with these files",
    }


def _comment(name: str) -> str:
    if name.startswith("figures/"):
        return f"snakemake {name.removeprefix('figures/').removesuffix('.webp')}"
    if name.startswith("tables/"):
        return "compared cell by cell where the settings are the same"
    return "judged from the tables"
