# shellcheck shell=bash disable=SC2154 # install-daemons.sh sets what is read here
# Installing and upgrading.

# What putting back needs to know: whether something was begun, and what ran before.
phase='' had_run='' new='' old=''

# What ends an installation early puts back what it did.
put_all_back() {
  local status=$?
  if [ -n "$phase" ]; then
    [ "$status" -ne 0 ] || status=1
    trap '' INT TERM
    complain 'it failed; all is put back as it was'
    roll_back
  fi
  rm -rf "$scratch" "$program.new"
  exit "$status"
}

roll_back() {
  local running=$had_run
  set +e
  phase=''
  # The new ones may not know how to stop by themselves; what was not installed before has nothing else to stop it.
  if [ -z "$tree" ]; then
    stop_services nameserver rpcserver host
    [ -n "$old" ] || init.d/end-tgtd.sh
  fi
  undo_changes
  if [ -n "$tree" ]; then return; fi
  [ "$init" != systemd ] || systemctl daemon-reload
  if [ -z "$running" ]; then return; fi
  daemons=$running
  if start_services && await_health; then
    complain "version $(version_of "$program") runs again and is healthy"
  else
    complain "version $(version_of "$program") does not come back either; its last words:"
    last_words
  fi
}

swap_program() {
  if [ -e "$program" ]; then
    rm -rf "$program.old"
    mv "$program" "$program.old"
    undo+=("mv $program.old $program")
  fi
  mv "$program.new" "$program"
  undo+=("rm -rf $program")
}

# Copies the program beside the old one, while that runs.
stage_program() {
  rm -rf "$program.new"
  mkdir -p "$(dirname "$program")"
  cp -a --no-preserve=ownership build/program "$program.new"
}

install_all() {
  new=$(version_of build/program)
  old=$(version_of "$program")
  daemons=$(installed_daemons | paste -sd ' ')
  case $role in
    both) daemons='nameserver rpcserver' ;;
    '') daemons=${daemons:-nameserver rpcserver} ;;
    *) daemons=$role ;;
  esac
  # A run that was killed between the two halves of a swap left the old program beside its place.
  if [ ! -e "$program" ] && [ -e "$program.old" ] && [ -z "$dry_run" ]; then mv "$program.old" "$program"; fi
  owner
  check_all
  scratch=$(mktemp -d)
  kept=$scratch/kept
  mkdir "$kept"
  trap put_all_back EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM

  [ -n "$tree" ] || had_run=$(running_daemons | paste -sd ' ')
  phase=changing
  [ -n "$tree" ] || make_user
  make_directories
  if ! diff -rq build/program "$program" >/dev/null 2>&1; then
    [ -n "$dry_run" ] || stage_program
    if [ -n "$had_run" ]; then
      change "stop $had_run, which finish their calls" stop_services "$had_run"
    fi
    change "put version $new into $program${old:+, where $old is}" swap_program
  fi
  put_services
  finish
  phase=''
  rm -rf "$program.old"
  tell_outcome
}

# Starts what shall run, and waits until it is well.
finish() {
  local daemon
  if [ -n "$tree" ]; then return; fi
  enable_services
  if [ -n "$dry_run" ]; then
    for daemon in $daemons; do
      is_running "$daemon" || change "start patchbay-$daemon" false
    done
    return
  fi
  if [ -n "$had_run" ] && [ "$changes" -gt 0 ]; then
    # Changed settings or units count from the next start.
    stop_services "$had_run"
  fi
  for daemon in $daemons; do
    is_running "$daemon" || changes=$((changes + 1))
  done
  if ! { start_services && await_health; }; then
    complain "version $new does not work here; its last words:"
    last_words
    return 1
  fi
  # By its target an administrator stops and restarts both.
  [ "$init" != systemd ] || systemctl start patchbay.target
}

tell_outcome() {
  if [ -n "$dry_run" ]; then
    [ "$changes" -gt 0 ] || say "nothing to change: Patchbay $new is installed"
  elif [ "$changes" -eq 0 ]; then
    say "nothing to change: Patchbay $new is installed${tree:+ in $tree}"
  elif [ -n "$tree" ]; then
    say "Patchbay $new is installed in $tree. There, make the group $admins and the user $user, give it $(state_of nameserver), and enable the services"
  else
    say "Patchbay $new is installed, runs and is healthy. To look at it:"
    tell_how_to_look
  fi
}
