# shellcheck shell=bash disable=SC2034,SC2154 # install-daemons.sh sets what is read here
# Removing what was installed.

# Counts the records of all storage objects of which the key begins so, whether their server runs or not.
count_records() {
  local file
  for file in "$tree$(state_of rpcserver)"/objects/*/catalog/store.sqlite; do
    [ -s "$file" ] || continue
    if [ -z "$tree" ] && is_running rpcserver; then
      keys_of_object "$(dirname "$(dirname "$file")")" "$1" || exit
    else
      keys_in "$file" "$1*" || exit
    fi
  done | awk '{ records += $1 } END { print records + 0 }'
}

# Counts the keys that begin so in the catalog of an object that runs, which keeps it to itself: by a backup.
keys_of_object() {
  local copy
  copy=$(mktemp -d)
  if ! "$program/bin/patchbay-storage" backup "$copy/backup" --state-dir "$1" >/dev/null; then
    rm -r "$copy"
    return 1
  fi
  awk -v start="[\"$2" 'index($0, start) == 1 { keys++ } END { print keys + 0 }' "$copy/backup"
  rm -r "$copy"
}

# Counts the keys that match in a catalog that nobody uses.
keys_in() {
  local library=$program
  # After a removal of the program alone, that which came with this script reads it.
  [ -d "$library" ] || library=$PWD/build/program
  # shellcheck disable=SC2016 # JavaScript's
  PATH=/usr/local/bin:/usr/bin node -e '
    const [program, file, pattern] = process.argv.slice(1);
    const store = new (require(`${program}/node_modules/better-sqlite3`))(file, { readonly: true });
    console.log(store.prepare("SELECT count(*) FROM entries WHERE key GLOB ?").pluck().get(pattern));' \
    "$library" "$1" "$2"
}

disable_services() {
  local daemon
  for daemon in nameserver rpcserver host; do
    if [ -e "$(service_file "$daemon")" ] && is_enabled "$daemon"; then
      if [ "$init" = systemd ]; then
        change "disable patchbay-$daemon" systemctl disable --quiet "patchbay-$daemon.service"
      else
        change "disable patchbay-$daemon" update-rc.d -f "patchbay-$daemon" remove
      fi
    fi
  done
}

remove_all() {
  local daemon command nodes owned others=0 trash orphans
  daemons='nameserver rpcserver'
  owner
  if [ -n "$purge" ] && [ -z "$force" ]; then
    nodes=$(count_records node/) || nodes=unknown
    [ "$nodes" = 0 ] || fail 6 "nodes are provisioned ($nodes), whose disks a purge would destroy: detach them first, or give --force; nothing was changed"
    if trash=$(count_records trash/) && orphans=$(count_records orphan/); then
      others=$((trash + orphans))
    else
      others=unknown
    fi
    [ "$others" = 0 ] || fail 6 "disks can still be taken back ($others, in the trash or set aside), which a purge would destroy: call empty_trash and delete_orphan first, or give --force; nothing was changed"
  fi
  if [ -z "$tree" ]; then
    for daemon in host rpcserver nameserver; do
      ! is_running "$daemon" || change "stop patchbay-$daemon" service_do stop "$daemon"
    done
    [ -z "$(init.d/end-tgtd.sh --list)" ] || change 'end the tgtd that serves the disks' init.d/end-tgtd.sh
    disable_services
  fi
  for daemon in nameserver rpcserver host; do
    remove_paths "$units/patchbay-$daemon.service" "$tree/etc/init.d/patchbay-$daemon" \
      "$tree/run/patchbay/patchbay-$daemon.lock"
  done
  for command in $commands; do
    case $(readlink "$tree/usr/bin/$command" || true) in
      ../lib/patchbay/*) remove_paths "$tree/usr/bin/$command" ;;
    esac
  done
  if [ -z "$tree" ] && [ "$init" = systemd ] && [ -e "$units/patchbay.target" ]; then
    change 'disable patchbay.target' systemctl disable --quiet patchbay.target
    change 'stop patchbay.target and patchbay-tgtd' systemctl stop patchbay.target patchbay-tgtd.service
  fi
  remove_paths "$units/patchbay.target" "$units/patchbay-tgtd.service" "$tree/usr/lib/sysusers.d/patchbay.conf" "$tree/run/patchbay"
  if [ -z "$tree" ] && [ "$init" = systemd ] && [ -z "$dry_run" ]; then systemctl daemon-reload; fi
  [ -z "$purge" ] || purge_all
  remove_paths "$program" "$program.new" "$program.old" "$shared"
  if [ "$changes" -eq 0 ]; then
    say 'nothing to remove: Patchbay is not installed'
  elif [ -z "$purge" ] && [ -z "$dry_run" ]; then
    owned=$(for each in etc/patchbay etc/default/patchbay-nameserver etc/default/patchbay-rpcserver etc/default/patchbay-host etc/logrotate.d/patchbay var/lib/patchbay var/log/patchbay; do
      [ ! -e "$tree/$each" ] || echo "$tree/$each"
    done | paste -sd ' ')
    say "these stay: $owned, the user $user and the group $admins; --uninstall --purge removes them"
  fi
}

# Only what is ours: a pool elsewhere, and what is mounted, stays.
purge_all() {
  local where
  where=$(pool)
  case $where in /var/lib/patchbay/*) ;; *) say "the pool $where is elsewhere, and stays" ;; esac
  if [ -z "$tree" ] && mountpoint -q "$where" 2>/dev/null; then
    say "the pool $where is a filesystem of its own, and stays"
    find /var/lib/patchbay -mindepth 1 -maxdepth 1 ! -path "$where" -print0 |
      while IFS= read -r -d '' path; do remove_paths "$path"; done
  else
    remove_paths "$tree/var/lib/patchbay"
  fi
  remove_paths "$tree/etc/patchbay" "$tree/etc/default/patchbay-nameserver" "$tree/etc/default/patchbay-rpcserver" \
    "$tree/etc/default/patchbay-host" "$tree/etc/logrotate.d/patchbay" "$tree/var/log/patchbay"
  # A user of this name may be somebody else's; ours has its home there.
  if [ -z "$tree" ] && [ "$(getent passwd "$user" | cut -d : -f 6)" = /var/lib/patchbay ]; then
    change "remove the user $user" userdel "$user"
  fi
  if [ -z "$tree" ] && getent group "$admins" >/dev/null; then
    change "remove the group $admins" groupdel "$admins"
  fi
}
