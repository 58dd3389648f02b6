"""A schema is renewed while processes of the version before still write: it must bear them.

They name the columns that they know. So a new column may be null or has a default in the database
(``default=`` is Python's, and unknown to them), and no column of theirs goes, changes its name, or
takes less than before.
"""

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from dev.services import SERVICES


def steps():
    """Return each migration of each service but its first, with the state before it."""
    loader = MigrationLoader(None)
    for service in SERVICES:
        names = sorted(name for app, name in loader.graph.nodes if app == service.name)
        for name in names[1:]:
            (before,) = [
                parent
                for parent in loader.graph.node_map[(service.name, name)].parents
                if parent.key[0] == service.name
            ]
            yield pytest.param(
                loader.project_state(before.key, at_end=True),
                loader.graph.nodes[(service.name, name)],
                id=f"{service.name}-{name}",
            )


def columns_of(state, app):
    """Return the fields that are columns, by model and name."""
    return {
        (model.name_lower, name): field
        for (its_app, _), model in state.models.items()
        if its_app == app
        for name, field in model.fields.items()
        if not field.many_to_many
    }


def problems(before, migration):
    """Return what the code of the state before could not bear."""
    app = migration.app_label
    old = columns_of(before, app)
    new = columns_of(migration.mutate_state(before), app)
    models_before = {model for model, _ in old}
    for column, field in new.items():
        if column not in old and column[0] in models_before and not may_be_left_out(field):
            yield f"{column} is new, must be given, and old code does not give it"
        if column in old and old[column].null and not field.null:
            yield f"{column} takes no null any more"
    yield from (f"{column} is gone" for column in old.keys() - new.keys())


def may_be_left_out(field):
    return field.null or field.generated or field.has_db_default()


@pytest.mark.parametrize(("before", "migration"), list(steps()))
def test_the_code_before_a_migration_goes_on_after_it(before, migration):
    assert list(problems(before, migration)) == []


def note(*fields):
    state = ProjectState()
    operation = migrations.CreateModel(
        "Note", [("id", models.AutoField(primary_key=True)), *fields]
    )
    operation.state_forwards("notes", state)
    return state


def step(*operations):
    made = type("Step", (migrations.Migration,), {"operations": list(operations)})
    return made("0002_step", "notes")


TEXT = ("text", models.TextField(null=True))


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("note", "stars", models.IntegerField(default=0)),
        migrations.RemoveField("note", "text"),
        migrations.RenameField("note", "text", "body"),
        migrations.AlterField("note", "text", models.TextField(default="")),
        migrations.DeleteModel("Note"),
        migrations.RenameModel("Note", "Remark"),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_what_old_code_cannot_bear_is_found(operation):
    assert list(problems(note(TEXT), step(operation)))


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("note", "stars", models.IntegerField(db_default=0)),
        migrations.AddField("note", "stars", models.IntegerField(null=True)),
        migrations.AddField("note", "others", models.ManyToManyField("notes.Note")),
        migrations.CreateModel("Other", [("id", models.AutoField(primary_key=True))]),
    ],
    ids=["default of the database", "null", "other table", "new table"],
)
def test_what_old_code_does_not_notice_is_no_problem(operation):
    assert list(problems(note(TEXT), step(operation))) == []
