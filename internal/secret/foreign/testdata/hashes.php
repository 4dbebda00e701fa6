<?php
// Prints hashes that PHP makes, one as JSON on each line: php hashes.php
// Debian: php-cli

const PASSWORDS = ['correct horse battery', "Paßwört 火🔥", "it's a \"quoted\" back\\slash", '  spaces around  '];

function line($form, $password, $text)
{
    $by = 'PHP ' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
    echo json_encode(['by' => $by, 'as' => $form, 'password' => $password, 'text' => [$text]]), "\n";
}

foreach (PASSWORDS as $password) {
    // Laravel: Hash::make with the drivers bcrypt, argon and argon2id.
    line('text', $password, password_hash($password, PASSWORD_BCRYPT, ['cost' => 4]));
    line('text', $password, password_hash($password, PASSWORD_ARGON2I, ['memory_cost' => 256, 'time_cost' => 2, 'threads' => 1]));
    line('text', $password, password_hash($password, PASSWORD_ARGON2ID, ['memory_cost' => 256, 'time_cost' => 2, 'threads' => 1]));

    // WordPress: what a form sends has been through addslashes (wp_magic_quotes), what its command line sets has not.
    foreach ([addslashes($password), $password] as $sent) {
        $before = base64_encode(hash_hmac('sha384', trim($sent), 'wp-sha384', true));
        line('wordpress', $password, '$wp' . password_hash($before, PASSWORD_BCRYPT, ['cost' => 4]));
        line('wordpress', $password, password_hash(trim($sent), PASSWORD_BCRYPT, ['cost' => 4]));
    }
    line('wordpress', $password, md5(trim(addslashes($password))));
}
foreach (['$5$', '$6$'] as $kind) {
    foreach (['rounds=1000$', 'rounds=1777$', ''] as $rounds) {
        line('text', PASSWORDS[1], crypt(PASSWORDS[1], $kind . $rounds . 'saltstring'));
    }
}
