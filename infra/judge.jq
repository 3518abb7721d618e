# Whether a candidate answers as well as the stable revision.
#
# Reads {candidate, stable}, each null or figures {calls, errors, tool_calls,
# tool_errors, p95_ms, restarts}, in which null is a figure that is not known.
# Prints "bad: ", "few: " (too few calls to compare) or "good: ", and the reason.
# The limits are deploy's settings, in the environment.
def limit(name): env[name] | tonumber;
def percent(part; all): if (all // 0) > 0 then 100 * (part // 0) / all else 0 end;
def round2: . * 100 | round / 100;
def errors: percent(.errors; .calls);
def tool_errors: percent(.tool_errors; .tool_calls);
def known: . != null and (.calls // 0) >= limit("MIN_CALLS");

.candidate as $c
| (.stable | if known then . else null end) as $s
| if ($c.restarts // 0) > limit("MAX_RESTARTS") then
    "bad: \($c.restarts) of its instances crashed"
  elif $c.errors >= limit("MIN_ERRORS") and ($c | errors) > limit("MAX_ERROR_PERCENT") then
    "bad: \($c.errors) of \($c.calls) calls failed, \($c | errors | round2) % where \(limit("MAX_ERROR_PERCENT")) % are allowed"
  elif $s != null and $c.errors >= limit("MIN_ERRORS") and ($c | errors) > limit("MAX_RATIO") * ($s | errors) then
    "bad: \($c | errors | round2) % of its calls failed and \($s | errors | round2) % of the stable revision's"
  elif ($c.tool_errors // 0) >= limit("MIN_ERRORS")
    and ($c | tool_errors) > (if $s.tool_calls == null then limit("MAX_TOOL_ERROR_PERCENT") else limit("MAX_RATIO") * ($s | tool_errors) + 5 end) then
    "bad: \($c.tool_errors) of \($c.tool_calls) tool calls ended with an error, \($c | tool_errors | round2) %"
      + if $s.tool_calls == null then "" else "; of the stable revision's, \($s | tool_errors | round2) %" end
  elif ($c.calls // 0) < limit("MIN_CALLS") then
    "few: \($c.calls // 0) calls are too few to compare; \(limit("MIN_CALLS")) are needed"
  elif $c.p95_ms != null and $s.p95_ms == null and $c.p95_ms > limit("MAX_P95_MS") then
    "bad: 19 of 20 calls take up to \($c.p95_ms | round) ms where \(limit("MAX_P95_MS")) ms are allowed"
  elif $c.p95_ms != null and $s.p95_ms != null and $c.p95_ms > limit("MAX_RATIO") * $s.p95_ms + 250 then
    "bad: 19 of 20 calls take up to \($c.p95_ms | round) ms, and the stable revision's \($s.p95_ms | round) ms"
  else
    "good: \($c.calls) calls, \($c.errors) of them failed"
      + if $c.p95_ms == null then "" else ", 19 of 20 within \($c.p95_ms | round) ms" end
  end
