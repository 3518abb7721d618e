"""Mistakes that are planted in a copy of the scripts, one each, and the row that
must see it: (name, file, what is there, the mistake, the row)."""

MUTANTS = [
    ("a flag that takes the following ones for its own", "scripts/deploy", '--no-traffic --image="$image"', '--container=stackroom --image="$image" --no-traffic', "first"),
    ("a tag with the first call, so that the service names its revision", "scripts/deploy", "--no-traffic --image", "--no-traffic --tag=candidate --image", "following"),
    ("signed || true", "scripts/deploy", "\nsigned\n", "\n(signed) || true\n", "signatures"),
    ("a token in a file that is closed before it is read", "scripts/smoke", 'headers+=(--header "@$work/member")', 'headers+=(--header @<(cat "$work/member"))', "first"),
    ("an empty answer that passes", "scripts/smoke", 'jq -es "length == 1 and (.[0] | $1)" "$work/body"', 'jq -s "map($1)" "$work/body"', "answers_wrongly"),
    ("no clean-up", "scripts/deploy", "trap finish EXIT", "true", "errors_as_canary"),
    ("a clean-up that leaves the tag", "scripts/cloudrun.sh", '"$stable=100" --remove-tags=candidate\n}', '"$stable=100"\n}', "errors_as_canary"),
    ("a clean-up that takes another deploy's tag", "scripts/cloudrun.sh", """  change 'tagged("candidate") == $revision' 'share($stable)""", """  change true 'tagged("candidate") == "" and share($stable)""", "overtaken_bad"),
    ("half a percent that is one percent", "judge.jq", '> limit("MAX_ERROR_PERCENT") then', '> (limit("MAX_ERROR_PERCENT") | ceil) then', "half_percent"),
    ("a deploy that waits for no other", "scripts/deploy", '    [ -n "$other" ] || break\n', "    break\n", "second_waits"),
    ("a canary that can't be watched and passes", "scripts/canary.sh", '[ "$blind" -lt 3 ] || return 2', '[ "$blind" -lt 3 ] || return 0', "unwatched"),
    ("a canary that is not compared", "judge.jq", 'elif $s != null and $c.errors', "elif false and $c.errors", "worse"),
    ("no watch with all traffic", "scripts/deploy", 'trial "$BAKE_SECONDS" "$promoted"', ":", "worse_while_baking"),
    ("any registry", "scripts/deploy", "\nfrom_registry\n", "\n", "silly"),
    ("a setting that is not checked", "scripts/deploy", "  whole MIN_ERRORS 3 1 1000000\n", "  : \"${MIN_ERRORS:=3}\"; export MIN_ERRORS\n", "silly"),
    ("a rollback to the version before the stable one", "scripts/rollback", "stable=$(ask 'beside($revision)')", "stable=$(ask 'tagged(\"previous\")')", "rollback_during"),
    ("a failed last reading that is taken for good", "scripts/cloudrun.sh", 'return "$FAILED"\n}\n\n# give_back', 'return 0\n}\n\n# give_back', "unreadable"),
]
