# shellcheck shell=bash disable=SC2154 # install-daemons.sh sets what is read here
# The daemons as services: their files, and starting and stopping them by whatever init there is.

admins=patchbay-admin
# Where the name server listens, unless its configuration says otherwise.
socket=unix:/run/patchbay/nameserver/socket

# Whom the name server runs as: as it was told, else as it is installed.
owner() {
  local settings=$tree/etc/default/patchbay-nameserver
  if [ -z "$user" ] && [ -r "$settings" ]; then
    user=$(sed -n 's/^RUN_AS=//p' "$settings" | tail -n 1)
  fi
  user=${user:-patchbay}
}

# The group whose members may call the daemons through their sockets, and the user of the name server.
make_user() {
  if ! getent group "$admins" >/dev/null; then
    change "make the group $admins" groupadd --system "$admins"
    undo+=("groupdel $admins")
  fi
  if ! getent passwd "$user" >/dev/null; then
    change "make the user $user" useradd --system --user-group --home-dir /var/lib/patchbay --no-create-home \
      --shell /usr/sbin/nologin --comment Patchbay "$user"
    undo+=("userdel $user")
  fi
}

make_directories() {
  local daemon state
  for daemon in $daemons $(companions); do
    if [ "$daemon" = nameserver ]; then
      state=$(state_of nameserver)
      make_directory 700 "$user" "$tree$state"
      # That of an earlier user of this name, or of root, who ran it by hand.
      if [ -z "$tree" ] && [ -d "$state" ] && [ "$(stat -c %U "$state")" != "$user" ]; then
        change "give $state to $user" chown -R "$user:" "$state"
      fi
    elif [ "$daemon" = host ]; then
      make_directory 700 root "$tree$(state_of host)"
    else
      # The catalog holds the nodes' CHAP secrets, and the pool their disks.
      make_directory 700 root "$tree$(state_of rpcserver)"
      make_directory 700 root "$tree$(pool)"
    fi
  done
  [ "$init" = systemd ] || make_directory 750 root "$tree/var/log/patchbay"
}

# Writes a file of the services as it is for the user that the name server has.
rendered() {
  local file=$scratch/${1//\//-}
  sed -E "s/^(RUN_AS|User|Group)=patchbay$/\1=$user/; s/^u patchbay /u $user /" "$1" >"$file"
  echo "$file"
}

# The daemons find each other by what both files say: where one was edited that has the name server at another address
# than its socket, neither is replaced.
kept_together() {
  local daemon file
  for daemon in nameserver:listen rpcserver:nameServer; do
    file=/etc/patchbay/${daemon%:*}.yaml
    if [ -e "$tree$file" ] && ! cmp -s "$tree$file" "$shared$file" && grep -q "^${daemon#*:}:" "$tree$file" &&
      ! grep -q "$socket" "$tree$file"; then
      echo keep
      return
    fi
  done
}

put_services() {
  local daemon mode command keep
  keep=$(kept_together)
  for daemon in $daemons $(companions); do
    mode=644
    [ "$daemon" = nameserver ] || mode=640
    put_configuration "$mode" "init.d/$daemon.yaml" "/etc/patchbay/$daemon.yaml" "$(if [ "$daemon" != host ]; then echo "$keep"; fi)"
    put_configuration 644 "$(rendered "init.d/patchbay-$daemon.default")" "/etc/default/patchbay-$daemon"
    if [ "$init" = systemd ]; then
      put 644 "$(rendered "systemd/patchbay-$daemon.service")" "/usr/lib/systemd/system/patchbay-$daemon.service"
    else
      put 755 "init.d/patchbay-$daemon" "/etc/init.d/patchbay-$daemon"
    fi
  done
  put 755 init.d/end-tgtd.sh /usr/share/patchbay/end-tgtd
  if [ "$init" = systemd ]; then
    put 644 systemd/patchbay-tgtd.service /usr/lib/systemd/system/patchbay-tgtd.service
    put 644 systemd/patchbay.target /usr/lib/systemd/system/patchbay.target
    put 644 "$(rendered systemd/sysusers.conf)" /usr/lib/sysusers.d/patchbay.conf
  else
    put 644 init.d/functions.sh /usr/share/patchbay/init-functions.sh
    put_configuration 644 init.d/logrotate /etc/logrotate.d/patchbay
  fi
  for command in $commands; do
    make_link "../lib/patchbay/bin/$command" "$tree/usr/bin/$command"
  done
}

unit_of() { if [ "$1" = target ]; then echo patchbay.target; else echo "patchbay-$1.service"; fi; }

# Whether a daemon, or under systemd `target`, is started at boot.
is_enabled() {
  if [ "$init" = systemd ]; then
    systemctl is-enabled --quiet "$(unit_of "$1")" 2>/dev/null
  else
    compgen -G "/etc/rc2.d/S??patchbay-$1" >/dev/null
  fi
}

enable_services() {
  local daemon target=''
  if [ "$init" = systemd ]; then
    target=target
    if [ "$changes" -gt 0 ] && [ -z "$dry_run" ]; then systemctl daemon-reload; fi
  fi
  for daemon in $target $daemons; do
    if is_enabled "$daemon"; then
      continue
    fi
    if [ "$init" = systemd ]; then
      change "enable $(unit_of "$daemon") at boot" systemctl enable --quiet "$(unit_of "$daemon")"
      undo+=("systemctl disable --quiet $(unit_of "$daemon")")
    else
      change "enable patchbay-$daemon at boot" update-rc.d "patchbay-$daemon" defaults
      undo+=("update-rc.d -f patchbay-$daemon remove")
    fi
  done
}

# Does something with a daemon by the init that there is. service_do ACTION DAEMON; what it leaves running does not
# get the lock of install-daemons.sh.
service_do() {
  if [ "$init" = systemd ]; then
    systemctl "$1" "patchbay-$2.service" 8>&-
  else
    "/etc/init.d/patchbay-$2" "$1" 8>&-
  fi
}

is_running() {
  if [ "$init" = systemd ]; then
    systemctl is-active --quiet "patchbay-$1.service"
  else
    [ -x "/etc/init.d/patchbay-$1" ] && "/etc/init.d/patchbay-$1" status >/dev/null 2>&1
  fi
}

# Prints those of the daemons, and of what is installed with them, that run.
running_daemons() {
  local daemon
  for daemon in $daemons $(companions); do
    if is_running "$daemon"; then echo "$daemon"; fi
  done
}

# Starts what does not run, the name server first; of what is installed with the daemons, what has run before.
start_services() {
  local daemon
  for daemon in nameserver rpcserver host; do
    if [[ " $daemons $had_run " == *" $daemon "* ]] && ! is_running "$daemon"; then
      service_do start "$daemon" || return 1
    fi
  done
}

# Stops what runs of these, the name server last; each finishes its calls.
stop_services() {
  local daemon
  for daemon in host rpcserver nameserver; do
    if [[ " $* " == *" $daemon "* ]] && is_running "$daemon"; then
      service_do stop "$daemon" || return 1
    fi
  done
}
