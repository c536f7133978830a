# shellcheck shell=sh disable=SC2154 # the script that reads this sets node, library, run, log, name, program, RUN_AS
# What the init scripts of Patchbay's daemons share: the actions, with the exit statuses of the LSB.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
pid_file=$run/$name.pid
log_file=$log/$name.log
# How long a daemon may take to finish its calls before it is killed, in seconds.
: "${STOP_SECONDS:=30}"

say() { printf '%s: %s\n' "$name" "$*"; }
complain() { say "$*" >&2; }

# Prints the daemon's process id when it runs. A pid file alone proves nothing: its process may have died, and
# another one have got the number.
running_pid() {
  pid=$(cat "$pid_file" 2>/dev/null) || return 1
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF "$program" || return 1
  echo "$pid"
}

require_program() {
  if [ ! -x "$node" ] || [ ! -r "$program" ]; then
    complain "not installed: $program"
    exit 5
  fi
  if ! configured; then
    complain 'not configured: see the settings in /etc/default and the configuration that they name'
    exit 6
  fi
}

require_rights() {
  if ! mkdir -p "$run" "$log" 2>/dev/null || [ ! -w "$run" ] || [ ! -w "$log" ]; then
    complain "may not write to $run and $log: root is needed"
    exit 4
  fi
}

start() {
  if running_pid >/dev/null; then
    say 'is running already'
    return 0
  fi
  require_program
  require_rights
  rm -f "$pid_file"
  said=$(wc -c 2>/dev/null <"$log_file" || echo 0)
  if ! with_arguments start-stop-daemon --start --quiet --background --make-pidfile --pidfile "$pid_file" \
    ${RUN_AS:+--chuid "$RUN_AS"} --output "$log_file" --startas "$node" -- "$program"; then
    complain 'could not be started'
    return 1
  fi
  # Until it says that it is ready, which what is wrong with its configuration keeps it from; one that says little, or
  # needs long to be ready, is left to itself after five seconds.
  tries=50
  while [ "$tries" -gt 0 ] && ! tail -c "+$((said + 1))" "$log_file" 2>/dev/null | grep -q 'is ready'; do
    sleep 0.1
    tries=$((tries - 1))
    if ! running_pid >/dev/null; then
      complain "ended at once; the end of $log_file:"
      tail -n 3 "$log_file" >&2
      rm -f "$pid_file"
      return 1
    fi
  done
  say 'started'
}

stop() {
  if ! running_pid >/dev/null; then
    rm -f "$pid_file" 2>/dev/null
    say 'is not running'
    return 0
  fi
  require_rights
  # Only the daemon itself: the tgtd of the RPC server goes on serving its disks until that is back.
  if ! start-stop-daemon --stop --quiet --pidfile "$pid_file" --retry "TERM/$STOP_SECONDS/KILL/5"; then
    complain 'could not be stopped'
    return 1
  fi
  rm -f "$pid_file"
  say 'stopped'
}

status() {
  if pid=$(running_pid); then
    say "is running, process $pid"
    return 0
  fi
  if [ -e "$pid_file" ]; then
    say "is dead, and left $pid_file"
    return 1
  fi
  say 'is not running'
  return 3
}

case ${1:-} in
  start | stop | status) "$1" ;;
  restart | force-reload) stop && start ;;
  try-restart) if running_pid >/dev/null; then stop && start; fi ;;
  reload)
    complain 'cannot reload; restart it'
    exit 3
    ;;
  *)
    echo "usage: $0 start|stop|restart|try-restart|force-reload|status" >&2
    exit 2
    ;;
esac
