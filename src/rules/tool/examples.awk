# Run while certwright is built: writes what `certwright explain` shows of the tests of the rules,
# tests/rules/ID[.VARIANT].conf, as a C table. tests/cli/rules.sh says what their #! lines mean.
#
#   awk -f examples.awk FILE... >examples.c

function literal(text, end,    i, c, out)
{
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\"" || c == "\\" || c == "?")
            out = out "\\"
        out = out c
    }
    return "\"" out end "\""
}

# Those of one rule stand together, the one without a variant first.
function finish(    name, id, row)
{
    if (!file)
        return
    name = file
    sub(/.*\//, "", name)
    sub(/\.conf$/, "", name)
    id = name
    sub(/\..*/, "", id)
    row = sprintf("    {%s, %s,\n     %s,\n     %s,\n     %s},\n", literal(id), literal(severity),
        literal(why), literal(shown), conf)
    if (!(id in rows))
        ids[count++] = id
    rows[id] = name == id ? row rows[id] : rows[id] row
}

FNR == 1 {
    finish()
    file = FILENAME
    severity = why = shown = conf = ""
}

/^#!/ {
    sub(/^#! /, "")
    if (FNR == 1)
        why = $0
    else if (sub(/^shows /, ""))
        shown = $0
    else if (sub(/^severity /, ""))
        severity = $0
    next
}

/#! good$/ { next }
{
    sub(/ *#! broken$/, "")
    conf = conf (conf == "" ? "" : "\n     ") literal($0, "\\n")
}

END {
    finish()
    print "#include \"rules/explained.h\"\n\nconst struct rule_example rule_examples[] = {"
    for (i = 0; i < count; i++)
        printf "%s", rows[ids[i]]
    print "};\nconst size_t rule_example_count = sizeof rule_examples / sizeof *rule_examples;"
}
