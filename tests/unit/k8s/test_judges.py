"""What is tried, and how foreign tools are understood."""

import json

import pytest

from dev.k8s.judges import OF_OPERATORS, failures, judged_by_schemas, waivers
from dev.k8s.variants import VARIANTS, Variant, changed
from dev.settings import ROOT
from tests.unit.k8s import objects

PASSED = {"summary": {"passed": 3, "failed": 0}, "results": {"failed_checks": []}}


def test_every_overlay_and_component_is_part_of_a_variant():
    overlays = {path.name for path in (ROOT / "k8s" / "overlays").iterdir() if path.is_dir()}
    components = {path.name for path in (ROOT / "k8s" / "components").iterdir()}
    tried = set().union(*(objects.components_of(variant) for variant in VARIANTS))

    assert {variant.overlay for variant in VARIANTS} == overlays
    assert tried == components


def test_what_operators_bring_is_judged_by_their_types_and_nothing_else_is():
    apis = {each["apiVersion"] for name in objects.NAMES for each in objects.of_kind(name)}

    assert apis - OF_OPERATORS == {
        *("v1", "apps/v1", "batch/v1", "policy/v1", "autoscaling/v2", "networking.k8s.io/v1"),
    }
    assert apis >= OF_OPERATORS


def test_what_is_misspelt_or_unknown_is_found():
    wrong = judged_by_schemas(
        [
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "a"},
                "spec": {"prots": []},
            },
            {"apiVersion": "nobody.example/v1", "kind": "Thing", "metadata": {"name": "b"}},
        ],
        ["1.29"],
    )

    assert len(wrong) == 2
    assert "'prots' was unexpected" in wrong[0]
    assert "nobody.example/v1" in wrong[1]


def test_what_is_right_is_nothing_to_tell():
    right = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}}

    assert judged_by_schemas([right], ["1.29"]) == []


def test_a_failed_check_is_told_by_its_id_and_whom_it_is_about():
    failed = {"check_id": "CKV_K8S_1", "resource": "Deployment.a", "check_name": "is tidy"}
    answer = {**PASSED, "results": {"failed_checks": [failed]}}

    assert failures(json.dumps(answer)) == ["CKV_K8S_1 Deployment.a: is tidy"]
    assert failures(json.dumps(PASSED)) == []


@pytest.mark.parametrize("output", ['{"passed": 0, "failed": 0}', '{"summary": {"passed": 0}}'])
def test_where_nothing_was_judged_nothing_is_good(output):
    with pytest.raises(ValueError, match="judged nothing"):
        failures(output)


def test_development_is_judged_less_strictly_than_what_people_use():
    waived = {variant.overlay: set(waivers(variant.overlay)) for variant in VARIANTS}

    assert waived["production"] == {"CKV_K8S_11"}
    assert waived["production"] < waived["dev"]


def test_a_variant_leaves_out_what_there_is():
    kustomization = {"components": ["../../components/a", "../../components/b"]}
    other = Variant(name="other", overlay="o", less=frozenset({"a"}), more=("c",))
    wrong = Variant(name="wrong", overlay="o", less=frozenset({"z"}))

    assert changed(kustomization, other)["components"] == [
        "../../components/b",
        "../../components/c",
    ]
    with pytest.raises(LookupError, match="z"):
        changed(kustomization, wrong)
