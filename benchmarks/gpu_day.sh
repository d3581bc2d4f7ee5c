#!/usr/bin/env bash
# Everything that is measured on a GPU, in at most 8 minutes: every bundle correct, the sanitizer,
# the ceiling, times beside peers, calibration, the model's error; then the report.
#
#   benchmarks/gpu_day.sh [BUNDLES] [RESULTS]     # build/gpu_day, build/gpu_day_results
#
# The box needs a CUDA driver, Python 3.11, NumPy and CuPy; no network, no Twill, no CUDA toolkit.
# BUNDLES is what `python benchmarks/make_bundles.py` has made elsewhere. PYTHON chooses the
# interpreter, SECONDS_IN_ALL another limit. Clocks and power are read and never set.
# Exit codes: 0 all right; 1 a wrong result; 2 no bundles; 4 no GPU, a failure of it, or a hang.
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
bundles=${1:-$root/build/gpu_day}
results=${2:-$root/build/gpu_day_results}
python=${PYTHON:-python3}
end=$(($(date +%s) + ${SECONDS_IN_ALL:-480}))
worst=0

package=$(mktemp -d)
trap 'rm -rf "$package"' EXIT
ln -s "$root" "$package/twill" # the repository is the package
export PYTHONPATH="$package${PYTHONPATH:+:$PYTHONPATH}"

say() { printf '== %s (%s s left)\n' "$1" "$(left)"; }
left() { echo $((end - $(date +%s))); }
least() { echo $(($1 < $2 ? $1 : $2)); }
keep_worst() { [ "$1" -le "$worst" ] || worst=$1; }

# Within so many seconds of the time that is left; the watchdog of the bench ends what hangs.
within() {
  local seconds
  seconds=$(least "$1" "$(left)")
  shift
  if [ "$seconds" -le 0 ]; then
    echo "no time is left"
    return 3
  fi
  timeout --kill-after=5 "$seconds" "$@"
}

# One or more stages of the plan: seconds, then --only STAGE ...
bench() {
  local seconds
  seconds=$(least "$1" "$(left)")
  shift
  within $((seconds + 20)) "$python" -m twill.benching run "$bundles/plan-$target.json" \
    --output "$results" --seconds "$seconds" "$@" >>"$results/log.txt"
  local code=$?
  [ "$code" -eq 3 ] || [ "$code" -eq 124 ] || keep_worst "$code"
  return "$code"
}

if ! ls "$bundles"/plan-*.json >/dev/null 2>&1; then
  echo "no plan in $bundles: run python benchmarks/make_bundles.py first, and carry it here" >&2
  exit 2
fi

say "the GPU"
target=$("$python" -m twill.benching probe --target) || exit $?
"$python" -m twill.benching probe || exit $?
if [ ! -f "$bundles/plan-$target.json" ]; then
  echo "no plan for $target in $bundles" >&2
  exit 2
fi
mkdir -p "$results"
rm -f "$results"/results.json "$results"/*.txt "$results"/*.svg "$results"/report.md
exec 2> >(exec tee -a "$results/progress.txt" >&2) # each step and error, whatever ends the day

say "every bundle correct"
bench 150 --only check

if command -v compute-sanitizer >/dev/null 2>&1; then
  say "sanitizer"
  for kernel in gemm flash_attention_forward; do
    for bundle in "$bundles/$kernel".*; do
      case "$bundle" in *.clocks | *.persistent) continue ;; esac
      grep -q "\"$target\"" "$bundle/launch.json" || continue
      within 30 compute-sanitizer --tool memcheck --error-exitcode 9 \
        "$python" "$bundle/run.py" --no-time >>"$results/sanitizer.txt" 2>&1
      echo "$(basename "$bundle"): exit code $?" >>"$results/sanitizer.txt"
    done
  done
fi

say "the ceiling"
bench 30 --only ceiling

say "times, beside peers"
bench 150 --only time

if [ -f "$bundles/calibrate-$target/run.py" ]; then
  say "calibration"
  within 60 "$python" "$bundles/calibrate-$target/run.py" -o "$results/samples.json" \
    >"$results/calibrate.txt" 2>&1
elif "$python" -m twill calibrate --help >/dev/null 2>&1; then
  say "calibration"
  case "$target" in sm_90a) gpu=h100-sxm ;; *) gpu=b200 ;; esac
  within 60 "$python" -m twill calibrate --gpu "$gpu" -o "$results/profile.yaml" \
    >"$results/calibrate.txt" 2>&1
fi

say "the model's error"
bench 90 --only model

say "report"
"$python" -m twill.benching report "$results" || keep_worst $?
exit "$worst"
