"""Write the data dictionary of all tables, as Markdown and as a Frictionless Data Package."""

import argparse
import inspect

from flowbounds.experiments.experiment import columns, load, tables
from flowbounds.report.dictionary import datapackage, markdown
from flowbounds.run.files import ends_in_one_line, replacing, write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", required=True, help="the page of Markdown")
    parser.add_argument("--package", required=True, help="datapackage.json, beside the tables")
    args = parser.parse_args()

    all_columns = {table: columns(table) for table in tables()}
    titles = {
        table: inspect.getdoc(load(name)).split("\n\n")[0].replace("\n", " ")
        for table, name in tables().items()
    }
    with replacing(args.text) as path:
        path.write_text(markdown(all_columns, titles))
    write_json(args.package, datapackage(all_columns, titles))


if __name__ == "__main__":
    ends_in_one_line(main)
