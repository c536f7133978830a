# shellcheck shell=sh
# What the init scripts of Patchbay's daemons share: the actions, with the exit statuses of the LSB. The script that
# reads this has set `daemon`, and `command` where its program is called otherwise. It needs neither systemd nor the functions of the LSB, which hand over to systemd.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# Who may call the daemons through their sockets, beside root.
admins=patchbay-admin
# shellcheck disable=SC2154
name=patchbay-$daemon
program=/usr/lib/patchbay/bin/${command:-$daemon}
run=/run/patchbay
pid_file=$run/$name.pid
log_file=/var/log/patchbay/$name.log

CONFIG=/etc/patchbay/$daemon.yaml
EXTRA_ARGS=
RUN_AS=root
STOP_SECONDS=15
# shellcheck disable=SC1090 # the administrator's
[ ! -r "/etc/default/$name" ] || . "/etc/default/$name"

say() { printf '%s: %s\n' "$name" "$*"; }
complain() { say "$*" >&2; }

# Prints the daemon's process id when it runs. A pid file alone proves nothing: its process may have died, and
# another one have got the number.
running_pid() {
  pid=$(cat "$pid_file" 2>/dev/null) || return 1
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$program" || return 1
  echo "$pid"
}

# Whether the process of the pid file has ended. Its command line does not tell: it is empty for moments while a program
# is loaded into it.
has_ended() {
  case $(sed 's/.*) //' "/proc/$(cat "$pid_file")/stat" 2>/dev/null) in '' | Z*) return 0 ;; esac
  return 1
}

# One start, stop or reload at a time, so that none sees another half done. The daemon must not get the lock's file
# (start-stop-daemon closes it), or it would hold the lock as long as it lives.
locked=
lock() {
  [ -z "$locked" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    complain 'root is needed'
    exit 4
  fi
  if ! mkdir -p "$run" 2>/dev/null || [ ! -w "$run" ]; then
    return 1
  fi
  exec 9>"$run/$name.lock"
  if ! flock -w 8 9; then
    complain 'another start, stop or reload of it is under way'
    exit 1
  fi
  locked=yes
}

require_program() {
  if [ ! -x "$program" ]; then
    complain "not installed: $program"
    exit 5
  fi
}

# Says what is wrong with the configuration.
require_configuration() {
  if [ ! -r "$CONFIG" ]; then
    complain "not configured: $CONFIG is not there; /etc/default/$name names it"
    exit 6
  fi
  if ! found=$("$program" check-config "$CONFIG" 2>&1); then
    complain "$found"
    exit 6
  fi
}

require_run() {
  if ! lock; then
    complain "cannot write to $run"
    exit 4
  fi
}

start() {
  require_program
  lock || true
  if running_pid >/dev/null; then
    say 'is running already'
    return 0
  fi
  require_run
  require_configuration
  # shellcheck disable=SC3045 # dash has it, too
  ulimit -c 0 # a core dump would hold private keys
  rm -f "$pid_file"
  if ! { mkdir -p "${log_file%/*}" && : >>"$log_file"; } 2>/dev/null; then
    complain "cannot write to $log_file"
    exit 4
  fi
  if ! install -d -m 750 -o "$RUN_AS" -g "$admins" "$run/$daemon" 2>/dev/null; then
    complain "cannot make $run/$daemon for its socket, of the user $RUN_AS and the group $admins"
    exit 4
  fi
  # As systemd does: there it makes its socket, also where its configuration names ports alone.
  export RUNTIME_DIRECTORY="$run/$daemon"
  said=$(wc -c <"$log_file")
  # It ends when the daemon has said that it is ready, as to systemd, or after eight seconds.
  # shellcheck disable=SC2086 # EXTRA_ARGS is several words
  start-stop-daemon --start --quiet --background --make-pidfile --pidfile "$pid_file" --chuid "$RUN_AS:$admins" \
    --chdir / --umask 077 --output "$log_file" --notify-await --notify-timeout 8 --startas "$program" \
    -- start --config "$CONFIG" $EXTRA_ARGS >/dev/null 2>&1 9>&- &
  waiting=$!
  while kill -0 "$waiting" 2>/dev/null; do
    if [ -s "$pid_file" ] && has_ended; then
      complain "ended at once; the end of $log_file:"
      tail -c "+$((said + 1))" "$log_file" | tail -n 3 >&2
      rm -f "$pid_file"
      return 1
    fi
    sleep 0.1
  done
  if wait "$waiting"; then
    say 'started'
  elif running_pid >/dev/null; then
    say 'started, and is not ready yet'
  else
    complain "could not be started by $RUN_AS"
    return 1
  fi
}

stop() {
  lock || complain "cannot write to $run, where its pid file stays"
  if ! pid=$(running_pid); then
    rm -f "$pid_file" 2>/dev/null
    say 'is not running'
    return 0
  fi
  # Only the daemon itself: the tgtd of the RPC server goes on serving its disks until that is back; unless the
  # machine goes down, where the scripts are told the runlevel.
  if ! start-stop-daemon --stop --quiet --pidfile "$pid_file" --retry "TERM/$STOP_SECONDS/KILL/2"; then
    complain "process $pid could not be stopped"
    return 1
  fi
  rm -f "$pid_file" 2>/dev/null
  case $daemon-${RUNLEVEL:-} in rpcserver-[06]) /usr/share/patchbay/end-tgtd ;; esac
  say 'stopped'
}

# What would not start again is not stopped.
restart() {
  require_program
  require_run
  require_configuration
  stop && start
}

reload() {
  if ! pid=$(running_pid); then
    complain 'is not running'
    return 7
  fi
  require_program
  require_configuration
  lock || true # nothing is written
  if ! kill -HUP "$pid" 2>/dev/null; then
    complain "process $pid could not be told to reload"
    return 1
  fi
  say "reads $CONFIG again"
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
  start | stop | restart | reload | status) "$1" ;;
  force-reload) reload ;;
  try-restart) if running_pid >/dev/null; then restart; fi ;;
  *)
    echo "usage: $0 start|stop|restart|try-restart|reload|force-reload|status" >&2
    exit 2
    ;;
esac
